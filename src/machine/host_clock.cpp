#include "machine/host_clock.h"

#include <algorithm>
#include <cpuid.h>
#include <ctime>

namespace ringshift {

namespace {

constexpr u64 longest_ns = 1'000'000;   ///< without a reading
constexpr u64 measured_ns = 20'000'000; ///< that a rate is measured over, at least
constexpr u64 longest_measured_ns = 1'000'000'000;
constexpr u64 quick_ticks = 2000; ///< a reading that took longer was interrupted, and says little
constexpr u64 one_off = 1000;     ///< rates differ by less than one part in so many, or are not believed

u64 counter() { return __builtin_ia32_rdtsc(); }

/// CPUID.80000007H:EDX[8], "invariant TSC" (SDM vol. 3B, 17.17.1).
bool has_invariant_counter() {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1u << 8)) != 0;
}

} // namespace

HostClock::HostClock(bool by_counter) : m_counter_is_clock(by_counter && has_invariant_counter()) {}

u64 HostClock::now() {
    const u64 passed = counter() - m_ticks;
    const u64 ns = passed < m_most_ticks ? m_ns + (passed * m_rate >> 32) : read();
    return m_latest = std::max(m_latest, ns);
}

u64 HostClock::read() {
    const u64 before = counter();
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const u64 ticks = counter();
    const u64 ns = static_cast<u64>(time.tv_sec) * 1'000'000'000u + static_cast<u64>(time.tv_nsec);
    m_most_ticks = 0;
    if (!m_counter_is_clock || ticks - before > quick_ticks) return ns;
    measure(ticks, ns);
    m_ticks = ticks;
    m_ns = ns;
    if (m_rate != 0) m_most_ticks = (longest_ns << 32) / m_rate;
    return ns;
}

void HostClock::measure(u64 ticks, u64 ns) {
    const u64 passed = ns - m_base_ns;
    if (ticks > m_base_ticks && passed < measured_ns) return;
    if (ticks <= m_base_ticks) {
        m_rate = 0;
    } else if (passed < longest_measured_ns) {
        const u64 rate = (passed << 32) / (ticks - m_base_ticks);
        const u64 difference = std::max(rate, m_rate) - std::min(rate, m_rate);
        m_rate = m_rate == 0 || difference < m_rate / one_off ? rate : 0;
    }
    m_base_ticks = ticks;
    m_base_ns = ns;
}

} // namespace ringshift
