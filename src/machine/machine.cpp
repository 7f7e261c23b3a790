// The run loop. Slices of instructions, as long as the next deadline allows, alternate with whatever happens between
// two instructions: timers, resets, posted work, pauses. There is one way to interrupt a slice: attention::stop.
#include "machine/machine.h"

#include "base/log.h"
#include "bt/engine.h"
#include "bt/host_probe.h"
#include "cpu/interp/interpreter.h"
#include "machine/firmware.h"
#include "machine/implementation.h"
#include "machine/kernel_loader.h"
#include "machine/lockstep.h"

#include <charconv>
#include <future>

namespace ringshift {

namespace {

constexpr u64 tick_period_ns = 20'000'000;

/// A limited CPU stops often enough for pauses that nobody notices.
i64 limited_slice(const SpeedLimit& limit) {
    constexpr i64 a_few_ms_at_full_speed = 1'000'000;
    return limit.mips == 0 ? a_few_ms_at_full_speed : std::min<i64>(a_few_ms_at_full_speed, i64{limit.mips} * 2000);
}

constexpr std::string_view lockstep_name = "lockstep", best_engine = "bt";

Result<std::unique_ptr<Engine>> make_engine(const MachineConfig& config, Cpu& cpu) {
    std::string_view name = config.engine;
    const bool lockstep = name == lockstep_name;
    if (lockstep) {
        if (config.lockstep.make_subject) return config.lockstep.make_subject(cpu);
        name = config.lockstep.subject.empty() ? best_engine : std::string_view(config.lockstep.subject);
    }
    if (name == "interp") return make_interpreter_with(cpu, config.translator);
    if (name != "bt") return make_error("there is no engine \"{}\"", name);
    TRY(bt::check_options(config.translator));
    const Result<> probed = bt::probe_host();
    auto translator = probed.ok() ? make_translator(cpu, config.translator) : probed.error();
    if (translator.ok() || lockstep) return translator;
    tell("{}; the interpreter runs the guest", translator.error().message);
    return make_interpreter(cpu);
}

} // namespace

// ---- Building ------------------------------------------------------------------------------------------------------

/// Input from a front end, on its way to every machine that has to get it.
class Machine::Implementation::GivenInput final : public Input {
  public:
    explicit GivenInput(Implementation& machine) : m_machine(machine) {}
    void key(Key key, bool down) override {
        m_machine.give([=](Implementation& machine) { machine.typist->key(key, down); });
    }
    void type(const std::vector<Chord>& chords) override {
        m_machine.give([=](Implementation& machine) { machine.typist->type(chords); });
    }
    bool typed() const override { return m_machine.typist->typed(); }
    void mouse(int dx, int dy, int wheel, u8 buttons) override {
        m_machine.give([=](Implementation& machine) { machine.typist->mouse(dx, dy, wheel, buttons); });
    }
    bool can_point() const override { return m_machine.typist->can_point(); }
    void point(int x, int y, int wheel, u8 buttons) override {
        m_machine.give([=](Implementation& machine) { machine.typist->point(x, y, wheel, buttons); });
    }

  private:
    Implementation& m_machine;
};

Result<std::unique_ptr<Machine::Implementation>>
Machine::Implementation::create(MachineConfig config, BoardContent content, MachineHost host) {
    std::unique_ptr<Implementation> machine(new Implementation);
    machine->config = std::move(config);
    machine->content = std::move(content);
    machine->host = std::move(host);
    TRY(machine->build_parts());
    machine->input = std::make_unique<GivenInput>(*machine);
    return machine;
}

Result<> Machine::Implementation::build_parts() {
    auto new_board = TRY(Board::create(config, content, events()));
    {
        const std::lock_guard lock(m_mutex);
        board = std::move(new_board);
    }
    engine = TRY(make_engine(config, board->cpu()));
    // Whatever the engine and the host: else a run would depend on them where the guest's TLB use shows.
    board->cpu().mmu.watch_page_tables(config.translator.windows);
    typist = std::make_unique<Typist>(board->timeline(), board->keyboard(), board->tablet());
    debug_access = std::make_unique<DebugAccess>(board->cpu(), *engine);
    if (host.tick) {
        m_tick_timer = board->timeline().create_transient_timer([this](u64) { tick(); });
        arm_tick(1);
        if (host.sound && config.sound != "none")
            m_sound = std::make_unique<SoundMixer>(board->pit(), board->sound_card(), board->timeline());
    }
    m_pump_timer = board->timeline().create_transient_timer([this](u64) { pump_network(); });
    return Unit{};
}

Machine::Implementation::Parts Machine::Implementation::exchange_parts(Parts parts) {
    m_sound.swap(parts.sound);
    debug_access.swap(parts.debug_access);
    typist.swap(parts.typist);
    engine.swap(parts.engine);
    std::swap(m_tick_timer, parts.tick_timer);
    std::swap(m_pump_timer, parts.pump_timer);
    const std::lock_guard lock(m_mutex);
    board.swap(parts.board);
    return parts;
}

Machine::Implementation::~Implementation() = default;

Result<> Machine::Implementation::start_lockstep(Build build) {
    lockstep = TRY(Lockstep::create(*this, std::move(build)));
    return Unit{};
}

void Machine::Implementation::arm_tick(u64 earliest) {
    const u64 late = earliest + tick_period_ns - 1;
    board->timeline().arm(m_tick_timer, late - late % tick_period_ns);
}

void Machine::Implementation::tick() {
    arm_tick(board->timeline().now() + 1);
    if (lockstep) lockstep->begin_tick();
    if (m_sound) host.sound(m_sound->take());
    host.tick();
    if (config.deterministic) pump_network();
    if (lockstep) lockstep->end_tick();
}

BoardEvents Machine::Implementation::events() {
    BoardEvents e;
    e.reset = [this] {
        m_reset_requested = true;
        interrupt();
    };
    e.power_off = [this] { end({Ending::Kind::power_off, 0}); };
    e.debug_exit = [this](int status) { end({Ending::Kind::debug_exit, status}); };
    e.host_error = [this](std::string message) {
        m_host_error = std::move(message);
        interrupt();
    };
    e.frame_sent = [this](std::span<const u8> frame) {
        ++network_frames;
        if (m_network) m_network->card_sent(frame);
    };
    e.card_ready = [this] {
        if (m_network) m_network->card_ready();
    };
    e.serial_output = host.serial_output;
    e.debug_output = host.debug_output;
    return e;
}

Result<> Machine::Implementation::connect_network() {
    if (board->network_card() == nullptr) return Unit{};
    // A snapshot replaces the board; the network stays.
    Network::Guest guest;
    guest.now = [this] { return board->timeline().now() + m_network_time_shift; };
    guest.can_receive = [this] { return board->network_card()->can_receive(); };
    guest.receive = [this](std::vector<u8> frame) {
        ++network_frames;
        give([frame = std::move(frame)](Implementation& machine) { machine.board->network_card()->receive(frame); });
    };
    // In deterministic mode the next tick does it.
    guest.pump_soon = [this] {
        if (!config.deterministic) board->timeline().arm(m_pump_timer, board->timeline().now());
    };
    guest.post = [this](std::function<void()> work) {
        post([this, work = std::move(work)] {
            if (!paused) work();
        });
    };
    const i64 start = board->clock_start() - static_cast<i64>(board->timeline().now() / 1'000'000'000);
    m_network = TRY(Network::create(config.network, !config.deterministic,
                                    static_cast<u64>(std::max<i64>(start, 0)) * 1'000'000'000, std::move(guest)));
    set_network_connected(config.network.connected);
    return Unit{};
}

void Machine::Implementation::pump_network() {
    if (m_network && !paused) m_network->pump();
}

void Machine::Implementation::set_network_connected(bool connected) {
    config.network.connected = connected;
    if (m_network) m_network->set_connected(connected);
    give([connected](Implementation& machine) {
        if (NetworkCard* card = machine.board->network_card()) card->set_link(connected);
    });
}

void Machine::Implementation::interrupt() {
    board->cpu().raise_attention(attention::stop);
    board->cpu().end_block();
}

void Machine::Implementation::end(Ending ending) {
    if (!m_ending) m_ending = ending;
    interrupt();
}

void Machine::Implementation::give(const GuestInput& given) {
    if (lockstep) lockstep->record(given);
    given(*this);
}

// ---- Other threads -------------------------------------------------------------------------------------------------

void Machine::Implementation::post(std::function<void()> work) {
    {
        const std::lock_guard lock(m_mutex);
        m_posts.push_back(std::move(work));
        wake_cpu();
    }
    m_wake.notify_one();
}

void Machine::Implementation::stop() {
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
        wake_cpu();
    }
    m_wake.notify_one();
}

void Machine::Implementation::wake_cpu() {
    // In lockstep a slice ends soon, and always at the same place.
    if (!lockstep && board) board->cpu().raise_attention(attention::stop);
}

void Machine::Implementation::serve_posts() {
    std::vector<std::function<void()>> posts;
    {
        const std::lock_guard lock(m_mutex);
        posts.swap(m_posts);
        if (m_stop && !m_ending) m_ending = Ending{Ending::Kind::stopped, 0};
        m_stop = false;
    }
    for (const auto& work : posts) work();
}

bool Machine::Implementation::stop_requested() {
    const std::lock_guard lock(m_mutex);
    return m_stop;
}

void Machine::Implementation::wait_for_posts() {
    std::unique_lock lock(m_mutex);
    m_wake.wait(lock, [this] { return m_stop || !m_posts.empty(); });
}

// ---- The loop ------------------------------------------------------------------------------------------------------

Ending Machine::Implementation::run(u64 instructions) {
    m_ending.reset();
    if (!config.deterministic) pump_network();
    const u64 end = executed + std::min(instructions, no_limit - executed); // a snapshot may replace the board
    for (;;) {
        serve_posts();
        if (!m_ending && executed >= end) m_ending = Ending{Ending::Kind::stopped, 0};
        if (m_ending) {
            if (lockstep && !lockstep->agree_at_end()) report_difference();
            board->timeline().stop();
            return *m_ending;
        }
        if (!ready_to_execute()) continue;
        const i64 left = static_cast<i64>(std::min(end - executed, static_cast<u64>(Timeline::no_limit)));
        execute_slice(lockstep ? std::min(lockstep->slice_limit(), left) : left);
        if (lockstep && !lockstep->agree()) report_difference();
    }
}

void Machine::Implementation::report_difference() {
    m_ending = Ending{Ending::Kind::difference, 0};
    if (const std::string report = lockstep->take_report(); !report.empty() && host.difference) host.difference(report);
}

bool Machine::Implementation::make_ready() {
    while (!m_ending)
        if (ready_to_execute()) return true;
    return false;
}

void Machine::Implementation::advance_to(Moment target) {
    // A slice without instructions lets time pass or takes a pending stop; more in a row lead nowhere.
    constexpr int most_idle_slices = 1000;
    for (int idle_slices = 0; idle_slices < most_idle_slices; ++idle_slices) {
        if (!make_ready()) return;
        const Moment start = moment();
        if (start >= target) return;
        execute_slice(static_cast<i64>(std::max<u64>(1, target.retired - std::min(target.retired, start.retired))));
        if (moment() >= target) return;
        if (moment() > start) idle_slices = 0;
    }
}

bool Machine::Implementation::ready_to_execute() {
    if (m_host_error) {
        const std::string message = *std::exchange(m_host_error, std::nullopt);
        if (driven) return false; // who drives it has the same host; it is retried when the other one is
        set_paused(true);
        if (host.host_error) host.host_error(message);
        return false;
    }
    if (std::exchange(m_reset_requested, false)) {
        if (!config.reboot) {
            end({Ending::Kind::reset, 0});
            return false;
        }
        reset();
        tell_front_end(MachineEvent::reset_by_guest);
    }
    if (paused) {
        board->timeline().stop();
        wait_for_posts();
        return false;
    }
    board->timeline().start();
    const u64 begun = Timeline::host_now();
    board->timeline().fire_due();
    devices_ns += Timeline::host_now() - begun;
    if (lockstep) {
        lockstep->note_due_done();
        if (stop_requested()) return false; // the end is where it would be with the attention that post() spares it
    }
    return !m_ending && !m_reset_requested && !m_host_error && !paused;
}

void Machine::Implementation::hold_back(u64 executed_ns, u64 instructions) {
    if (config.deterministic) return;
    constexpr i64 shortest_wait = 1'000'000, longest_wait = 20'000'000;
    i64 too_fast = static_cast<i64>(executed_ns * (100 - speed_limit.percent) / speed_limit.percent);
    if (speed_limit.mips != 0)
        too_fast = std::max(too_fast,
                            static_cast<i64>(instructions * 1000 / speed_limit.mips) - static_cast<i64>(executed_ns));
    // A host that was too slow for the limit is not made up for later.
    m_ahead_ns = std::max<i64>(0, m_ahead_ns + too_fast);
    if (m_ahead_ns < shortest_wait) return;
    const u64 start = Timeline::host_now();
    {
        std::unique_lock lock(m_mutex);
        m_wake.wait_for(lock, std::chrono::nanoseconds(std::min(m_ahead_ns, longest_wait)),
                        [this] { return m_stop || !m_posts.empty(); });
    }
    m_ahead_ns -= static_cast<i64>(Timeline::host_now() - start);
}

void Machine::Implementation::execute_slice(i64 limit) {
    Timeline& timeline = board->timeline();
    if (speed_limit.any() && !driven) limit = std::min(limit, limited_slice(speed_limit));
    const i64 count = timeline.begin_slice(limit);
    const u64 retired = timeline.retired();
    const u64 start = Timeline::host_now();
    const Exit exit = engine->run(count);
    const u64 passed = Timeline::host_now() - start;
    executing_ns += passed;
    timeline.end_slice();
    executed += timeline.retired() - retired;
    if (speed_limit.any() && !driven && !lockstep) hold_back(passed, timeline.retired() - retired);
    switch (exit) {
    case Exit::budget:
    case Exit::stopped: break;
    case Exit::halted: idle(); break;
    case Exit::shutdown:
        if (!config.reset_on_triple_fault) {
            end({Ending::Kind::triple_fault, 0});
        } else {
            m_reset_requested = true;
        }
        break;
    case Exit::breakpoint:
        set_paused(true);
        debug_access->note_stop();
        if (host.debug_stop) host.debug_stop();
        break;
    }
}

/// HLT: nothing happens before the next deadline, but for what other threads ask for.
void Machine::Implementation::idle() {
    Timeline& timeline = board->timeline();
    if (timeline.next_deadline() == Timeline::never) {
        if (board->cpu().attention == 0 && !driven) wait_for_posts();
        return;
    }
    if (timeline.mode() == Timeline::Mode::deterministic) {
        timeline.skip_to_next_deadline();
        return;
    }
    const u64 ahead = timeline.begin_sleep();
    const u64 begun = Timeline::host_now();
    std::unique_lock lock(m_mutex);
    m_wake.wait_for(lock, std::chrono::nanoseconds(std::min<u64>(ahead, 1'000'000'000)),
                    [this] { return m_stop || !m_posts.empty(); });
    idle_ns += Timeline::host_now() - begun;
}

void Machine::Implementation::set_paused(bool now_paused) {
    if (paused && !now_paused) {
        give([](Implementation& machine) { machine.board->retry_host_requests(); });
        debug_access->note_resume();
    }
    if (std::exchange(paused, now_paused) != now_paused)
        tell_front_end(now_paused ? MachineEvent::paused : MachineEvent::resumed);
    interrupt();
    if (!config.deterministic) pump_network();
}

void Machine::Implementation::tell_front_end(MachineEvent event) const {
    if (host.event) host.event(event);
}

void Machine::Implementation::reset() {
    board->reset();
    engine->invalidate_all();
}

// ---- The public face -----------------------------------------------------------------------------------------------

Machine::Machine(std::unique_ptr<Implementation> implementation) : m_implementation(std::move(implementation)) {}

Machine::~Machine() = default;

Result<std::unique_ptr<Machine>> Machine::create(MachineConfig config, MachineHost host) {
    BoardContent content;
    content.system_firmware =
        std::make_shared<const std::vector<u8>>(TRY(load_system_firmware(config.firmware_folder)));
    content.video_firmware = TRY(load_video_firmware(config.firmware_folder));
    if (config.kernel)
        content.kernel = TRY(load_kernel(*config.kernel, std::min(config.memory_size, low_memory_limit)));
    return finish(std::move(config), std::move(host),
                  [content = std::move(content)](MachineConfig c, MachineHost h) mutable {
                      return Implementation::create(std::move(c), content, std::move(h));
                  });
}

Result<std::unique_ptr<Machine>> Machine::finish(MachineConfig config, MachineHost host, Build build) {
    const bool lockstep = config.engine == lockstep_name;
    if (lockstep) Lockstep::prepare(config);
    auto implementation = TRY(build(std::move(config), std::move(host)));
    if (lockstep) TRY(implementation->start_lockstep(std::move(build)));
    TRY(implementation->connect_network());
    return std::unique_ptr<Machine>(new Machine(std::move(implementation)));
}

const MachineConfig& Machine::config() const { return m_implementation->config; }

std::vector<std::string_view> Machine::engine_names() { return {"interp", "bt", lockstep_name}; }

std::vector<std::string_view> Machine::cpu_names() { return CpuModel::names(); }

Ending Machine::run(u64 instructions) { return m_implementation->run(instructions); }

void Machine::stop() { m_implementation->stop(); }

void Machine::post(std::function<void()> work) { m_implementation->post(std::move(work)); }

void Machine::call(const std::function<void()>& work) {
    std::promise<void> done;
    m_implementation->post([&] {
        work();
        done.set_value();
    });
    done.get_future().wait();
}

void Machine::set_speed_limit(SpeedLimit limit) { m_implementation->speed_limit = limit; }

SpeedLimit Machine::speed_limit() const { return m_implementation->speed_limit; }

Result<SpeedLimit> parse_speed_limit(std::string_view text) {
    SpeedLimit limit;
    if (text == "none") return limit;
    const bool percent = text.ends_with('%');
    const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
    u32 value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const u32 most = percent ? 100 : 1'000'000;
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0 || value > most)
        return make_error("\"{}\" is no speed limit: 1% to 100%, million instructions per second, or none", text);
    (percent ? limit.percent : limit.mips) = value;
    return limit;
}

std::string to_string(const SpeedLimit& limit) {
    if (limit.mips != 0) return fmt::format("{} million instructions/s", limit.mips);
    return limit.any() ? fmt::format("{}%", limit.percent) : "none";
}

void Machine::set_paused(bool paused) { m_implementation->set_paused(paused); }

bool Machine::paused() const { return m_implementation->paused; }

void Machine::reset() {
    m_implementation->give([](Implementation& machine) { machine.reset(); });
    m_implementation->tell_front_end(MachineEvent::reset_by_host);
}

void Machine::press_power_button() {
    m_implementation->give([](Implementation& machine) { machine.board->press_power_button(); });
    m_implementation->tell_front_end(MachineEvent::power_button);
}

Result<> Machine::save(const std::string& path) { return m_implementation->save(path); }

Result<> Machine::flush() { return m_implementation->board->flush_disks(); }

u64 Machine::state_hash() { return m_implementation->state_hash(); }
std::string Machine::explain(std::optional<u32> address, const CodeView& view) {
    const CpuState& state = m_implementation->board->cpu().state;
    const u64 here = static_cast<u32>(state.segment(SegmentName::cs).base + state.rip);
    return m_implementation->engine->describe_code(LinearAddr(address ? *address : here), view);
}

MachineStatistics Machine::statistics() const {
    const Timeline& timeline = m_implementation->board->timeline();
    MachineStatistics s;
    s.retired = timeline.retired();
    s.virtual_ns = timeline.now();
    s.executing_ns = m_implementation->executing_ns;
    s.executed = m_implementation->executed;
    s.disk_uses = m_implementation->board->disk_uses();
    s.network_frames = m_implementation->network_frames;
    s.devices_ns = m_implementation->devices_ns;
    s.idle_ns = m_implementation->idle_ns;
    s.ledger = ledger_of(*m_implementation->engine);
    if (m_implementation->lockstep) m_implementation->lockstep->add_statistics(s);
    return s;
}

std::vector<bt::BlockCount> Machine::hottest_blocks() const { return hottest_blocks_of(*m_implementation->engine); }

Result<> Machine::change_medium(Drive drive, unsigned number, const std::string& path) {
    const Board::Medium medium = drive == Drive::cdrom ? Board::Medium::cdrom : Board::Medium::floppy;
    // Not by give(): the result is of interest.
    if (m_implementation->lockstep)
        m_implementation->lockstep->record([=](Implementation& machine) {
            if (const auto changed = machine.board->change_medium(medium, number, path); !changed.ok())
                log(LogLevel::Warning, "lockstep: {}", changed.error().message);
        });
    Result<> changed = m_implementation->board->change_medium(medium, number, path);
    // A floppy goes out before the next one is opened (it may be the same file); a CD-ROM stays if that fails.
    if (changed.ok() || drive == Drive::floppy)
        m_implementation->note_medium(drive, number, changed.ok() ? path : std::string());
    return changed;
}

bool Machine::locked(unsigned cdrom) const { return m_implementation->board->cdrom_locked(cdrom); }
void Machine::set_network_connected(bool connected) { m_implementation->set_network_connected(connected); }

void Machine::serial_input(unsigned port, std::span<const u8> bytes) {
    m_implementation->give([port, input = std::vector<u8>(bytes.begin(), bytes.end())](Implementation& machine) {
        for (const u8 byte : input) machine.board->uart(port).receive(byte);
    });
}

std::size_t Machine::serial_room(unsigned port) const { return m_implementation->board->uart(port).room(); }

const Picture& Machine::capture_picture() { return m_implementation->board->capture_picture(); }

std::optional<TextScreen> Machine::capture_text() { return m_implementation->board->capture_text(); }

Input& Machine::input() { return *m_implementation->input; }

Debugger& Machine::debugger() { return *m_implementation->debug_access; }

} // namespace ringshift
