#include "machine/timeline.h"

#include <algorithm>
#include <ctime>

namespace ringshift {

namespace {

/// A paced slice lasts about this long at most, so that posted work and stalls are seen.
constexpr u64 longest_paced_slice_ns = 1'000'000;
/// Below this a paced slice costs more in clock readings than it gains in precision (about 5 us of lateness).
constexpr i64 shortest_paced_slice = 500;
constexpr i64 longest_slice = 1'000'000;
/// A guess that is far too high (memory was moved by REP just now) may not cost more than some milliseconds.
constexpr i64 longest_paced_slice = 200'000;
/// Callbacks in one fire_due().
constexpr int most_callbacks = 64;

} // namespace

Timeline::Timeline(Mode mode, u32 ns_per_instruction, CpuState& state, std::function<void()> end_slice_early)
    : m_mode(mode), m_ns_per_instruction(ns_per_instruction), m_cpu(state),
      m_end_slice_early(std::move(end_slice_early)) {
    ASSERT(ns_per_instruction > 0);
}

u64 Timeline::host_now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<u64>(time.tv_sec) * 1'000'000'000u + static_cast<u64>(time.tv_nsec);
}

// ---- Reading time --------------------------------------------------------------------------------------------------

u64 Timeline::used_in_slice() const {
    if (!m_in_slice) return 0;
    const i64 left = m_cpu.budget + m_cpu.budget_reserve;
    return static_cast<u64>(std::clamp<i64>(m_slice - left, 0, m_slice));
}

u64 Timeline::retired() const { return m_retired + used_in_slice(); }

u64 Timeline::read_paced() const {
    if (!m_running) return m_paced_now;
    const u64 host = m_host.now();
    const u64 passed = host - std::min(host, m_last_host);
    m_paced_now += std::min(passed, catch_up_limit + m_sleep_allowance);
    m_last_host = host;
    m_sleep_allowance = 0;
    if (m_in_slice && m_paced_now >= m_slice_deadline) m_end_slice_early();
    return m_paced_now;
}

u64 Timeline::now() const {
    if (m_mode == Mode::paced) return read_paced();
    return retired() * m_ns_per_instruction + m_skipped;
}

void Timeline::stop() {
    (void)read_paced();
    m_running = false;
}

void Timeline::start() {
    if (m_running) return;
    m_running = true;
    m_last_host = m_host.now();
    m_sleep_allowance = 0;
}

// ---- Timers --------------------------------------------------------------------------------------------------------

TimerId Timeline::create_timer(std::string_view name, Callback callback) {
    for (const Timer& timer : m_timers) ASSERT(timer.transient || timer.name != name, "two timers named {}", name);
    m_timers.push_back({.name = std::string(name), .callback = std::move(callback)});
    return static_cast<TimerId>(m_timers.size() - 1);
}

TimerId Timeline::create_transient_timer(Callback callback) {
    m_timers.push_back({.name = {}, .callback = std::move(callback), .transient = true});
    return static_cast<TimerId>(m_timers.size() - 1);
}

void Timeline::arm(TimerId id, u64 deadline_ns) {
    ASSERT(id < m_timers.size());
    cancel(id);
    m_timers[id].deadline = deadline_ns;
    Timer& timer = m_timers[id];
    timer.sequence = timer.transient ? m_next_transient_sequence++ : m_next_sequence++;
    insert(id);
    if (m_in_slice && deadline_ns < m_slice_deadline) {
        m_slice_deadline = deadline_ns;
        m_end_slice_early();
    }
}

void Timeline::cancel(TimerId id) {
    ASSERT(id < m_timers.size());
    Timer& timer = m_timers[id];
    if (timer.heap_place == none) return;
    remove_from_heap(timer.heap_place);
    timer.deadline = never;
}

u64 Timeline::next_deadline() const { return m_heap.empty() ? never : m_timers[m_heap.front()].deadline; }

void Timeline::fire_due() {
    for (int i = 0; i < most_callbacks && !m_heap.empty(); ++i) {
        const u32 id = m_heap.front();
        const u64 deadline = m_timers[id].deadline;
        const u64 time = now();
        if (deadline > time) return;
        cancel(id);
        m_timers[id].callback(time - deadline);
    }
}

// ---- The heap ------------------------------------------------------------------------------------------------------

bool Timeline::earlier(u32 a, u32 b) const {
    const Timer& first = m_timers[a];
    const Timer& second = m_timers[b];
    if (first.deadline != second.deadline) return first.deadline < second.deadline;
    // A resumed machine has new transient timers, so their order must not depend on when they were armed before.
    if (first.transient != second.transient) return second.transient;
    return first.sequence < second.sequence;
}

void Timeline::place(std::size_t index, u32 timer) {
    m_heap[index] = timer;
    m_timers[timer].heap_place = static_cast<u32>(index);
}

void Timeline::sift_up(std::size_t index) {
    const u32 timer = m_heap[index];
    while (index > 0 && earlier(timer, m_heap[(index - 1) / 2])) {
        place(index, m_heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(index, timer);
}

void Timeline::sift_down(std::size_t index) {
    const u32 timer = m_heap[index];
    for (std::size_t child = 2 * index + 1; child < m_heap.size(); child = 2 * index + 1) {
        if (child + 1 < m_heap.size() && earlier(m_heap[child + 1], m_heap[child])) ++child;
        if (!earlier(m_heap[child], timer)) break;
        place(index, m_heap[child]);
        index = child;
    }
    place(index, timer);
}

void Timeline::insert(u32 timer) {
    m_heap.push_back(timer);
    sift_up(m_heap.size() - 1);
}

void Timeline::remove_from_heap(std::size_t index) {
    m_timers[m_heap[index]].heap_place = none;
    const u32 last = m_heap.back();
    m_heap.pop_back();
    if (index == m_heap.size()) return;
    place(index, last);
    sift_up(index);
    sift_down(m_timers[last].heap_place);
}

// ---- Slices --------------------------------------------------------------------------------------------------------

i64 Timeline::begin_slice(i64 limit) {
    const u64 time = now();
    const u64 deadline = next_deadline();
    const u64 ahead = deadline > time ? deadline - time : 0;
    i64 count = longest_slice;
    if (m_mode == Mode::deterministic) {
        const u64 instructions = ahead / m_ns_per_instruction + (ahead % m_ns_per_instruction != 0 ? 1 : 0);
        count = static_cast<i64>(std::min<u64>(instructions, longest_slice));
    } else {
        const double instructions =
            static_cast<double>(std::min(ahead, longest_paced_slice_ns)) * m_instructions_per_ns;
        count = std::clamp(static_cast<i64>(instructions), shortest_paced_slice, longest_paced_slice);
        m_slice_start = time;
    }
    m_slice = std::max<i64>(1, std::min(count, limit));
    m_slice_deadline = deadline;
    m_in_slice = true;
    m_cpu.budget = m_slice;
    m_cpu.budget_reserve = 0;
    return m_slice;
}

void Timeline::end_slice() {
    const u64 used = used_in_slice();
    m_retired += used;
    m_in_slice = false;
    m_cpu.budget = 0;
    m_cpu.budget_reserve = 0;
    if (m_mode == Mode::paced && used >= static_cast<u64>(shortest_paced_slice)) {
        const u64 passed = std::max<u64>(now() - m_slice_start, 1);
        const double rate = static_cast<double>(used) / static_cast<double>(passed);
        // Slower at once, faster little by little: a slice that is too long makes interrupts late.
        const double average = 0.75 * m_instructions_per_ns + 0.25 * rate;
        m_instructions_per_ns = std::clamp(std::min(rate, average), 0.0005, 100.0);
    }
}

void Timeline::skip_to_next_deadline() {
    const u64 deadline = next_deadline();
    const u64 time = now();
    if (deadline != never && deadline > time) m_skipped += deadline - time;
}

u64 Timeline::begin_sleep() {
    const u64 deadline = next_deadline();
    const u64 time = now();
    const u64 ahead = deadline == never ? never : deadline - std::min(deadline, time);
    m_sleep_allowance = std::min(ahead, never - catch_up_limit);
    return ahead;
}

// ---- Snapshots -----------------------------------------------------------------------------------------------------

void Timeline::archive(Archive& ar) {
    u64 time = now();
    ar(time, m_retired, m_next_sequence);
    ar.check(time < u64{1} << 62, "time"); // sums of it and of what devices wait for do not wrap
    for (u32 id = 0; id < m_timers.size(); ++id) {
        Timer& timer = m_timers[id];
        if (timer.transient) continue;
        std::string name = timer.name;
        u64 deadline = timer.deadline;
        u64 sequence = timer.sequence;
        ar(name, deadline, sequence);
        ar.check(name == timer.name, "timer name");
        if (!ar.is_loading()) continue;
        cancel(id);
        timer.sequence = sequence;
        timer.deadline = deadline;
        if (ar.ok() && deadline != never) insert(id);
    }
    if (!ar.is_loading()) return;
    m_paced_now = time;
    const u64 by_instructions = m_retired * m_ns_per_instruction;
    ar.check(m_mode == Mode::paced || time >= by_instructions, "time before the instructions that passed");
    m_skipped = time - std::min(time, by_instructions);
}

} // namespace ringshift
