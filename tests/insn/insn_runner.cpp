// Runs insn tests: insn_runner HOST_RUNNER INCLUDE_FOLDER [--engine NAME | --each-mechanism-off]... FILE.asm...
//
// Every case runs on each engine (engines.h has the names; without any, those of `usual_engines`), every user-mode case
// on the host CPU as well. Each must meet the file's expectations; of user-mode cases registers, flags, x87, SSE and
// memory must be those of the host.
#include "bare_user_cpu.h"
#include "insn_case.h"

#include "bt/options.h"

#include <cstdio>
#include <optional>

using namespace ringshift;

namespace {

constexpr const char* usual_engines[] = {"interp",
                                         "bt",
                                         "bt:block=1",
                                         "bt:link=off,probe=off",
                                         "bt:windows=on,windows-ring0=on",
                                         "bt:windows=on,windows-ring0=on,window-home=off",
                                         "bt:inline=on"};

std::string check_expectations(const InsnCase& c, const UserProgram& after, std::string_view engine) {
    std::string errors;
    const auto note = [&](const std::string& what, u64 got, u64 want) {
        if (got != want) errors += fmt::format("  {}: {} = {:08X}, expected {:08X}\n", engine, what, got, want);
    };
    const reply& r = after.state;
    note("vector", r.vector, c.vector);
    if (c.fault_address) note("eip", r.eip, *c.fault_address);
    for (std::size_t i = 0; i < 8; ++i)
        if (const auto it = c.expected.find(gpr_names[i]); it != c.expected.end())
            note(gpr_names[i], r.gpr[i], it->second);
    if (c.expected_flags)
        note("flags", r.eflags & c.expected_flags->second, c.expected_flags->first & c.expected_flags->second);
    for (const auto& [offset, bytes] : c.expected_memory)
        for (std::size_t i = 0; i < bytes.size(); ++i)
            note(fmt::format("[{:04X}]", offset + i), after.arena[offset + i], bytes[i]);
    return errors;
}

std::string compare(const InsnCase& c, const UserProgram& ours, const UserProgram& native, std::string_view engine) {
    std::string errors;
    const auto note = [&](const std::string& what, u64 a, u64 b) {
        if (a != b) errors += fmt::format("  {}: {} {:08X}, host {:08X}\n", what, engine, a, b);
    };
    const reply &a = ours.state, &b = native.state;
    note("vector", a.vector, b.vector);
    note("eip", a.eip, b.eip);
    for (std::size_t i = 0; i < 8; ++i) note(gpr_names[i], a.gpr[i], b.gpr[i]);
    if (a.vector == 14) note("CR2", a.cr2, b.cr2);
    // Of a page fault W/R and U/S: what is not the arena's is absent here and the supervisor's there, or the reverse.
    if (a.vector >= 10 && a.vector <= 14)
        note("error code", a.error_code & (a.vector == 14 ? 6 : 0xFFFF), b.error_code & (a.vector == 14 ? 6 : 0xFFFF));
    const u32 flags = 0x240CD5 & ~c.undefined_flags; // arithmetic, DF, AC, ID
    note("eflags", a.eflags & flags, b.eflags & flags);
    // FCW, FSW, tag, MXCSR; ST and XMM. FOP and the pointers are virtual in one and absent in the other.
    for (const std::size_t i : {0, 1, 2, 3, 4, 24, 25, 26, 27})
        note(fmt::format("fxsave[{}]", i), a.fxsave[i], b.fxsave[i]);
    for (std::size_t i = 32; i < 288; ++i)
        if (i >= 160 || (i - 32) % 16 < 10) note(fmt::format("fxsave[{}]", i), a.fxsave[i], b.fxsave[i]);
    for (std::size_t i = 0; i < ARENA_SIZE; ++i)
        if (ours.arena[i] != native.arena[i]) note(fmt::format("[{:04X}]", i), ours.arena[i], native.arena[i]);
    return errors;
}

/// As much of a local APIC as lets a program interrupt itself: a command with delivery mode fixed or NMI, end of
/// interrupt. Bochs has a whole one; cases write the same to both.
class SelfInterrupts final : public MmioHandler {
  public:
    explicit SelfInterrupts(Cpu& cpu) : m_cpu(cpu) {}
    u64 read(PhysAddr, unsigned) override { return 0; }
    void write(PhysAddr address, unsigned, u64 value) override {
        constexpr u64 end_of_interrupt = 0xB0, command = 0x300;
        if (address.offset() == end_of_interrupt) m_in_service = false;
        if (address.offset() == command && (value >> 8 & 7) == 4) m_cpu.raise_attention(attention::nmi);
        if (address.offset() == command && (value >> 8 & 7) == 0) m_requested = static_cast<u8>(value);
        update();
        m_cpu.end_block();
    }
    void read_range(PhysAddr, std::span<u8> out) override { std::fill(out.begin(), out.end(), u8{0}); }
    void write_range(PhysAddr, std::span<const u8>) override {}

    bool requested() const { return m_requested.has_value() && !m_in_service; }
    u8 acknowledge() {
        m_in_service = true;
        const u8 vector = *m_requested;
        m_requested.reset();
        m_cpu.clear_attention(attention::interrupt);
        return vector;
    }

  private:
    void update() {
        if (requested()) m_cpu.raise_attention(attention::interrupt);
    }
    Cpu& m_cpu;
    std::optional<u8> m_requested;
    bool m_in_service = false;
};

/// The few devices that system cases talk to: port E9's console, the A20 gate of port 92, a corner of the local APIC,
/// and FERR# on interrupt 75h with port F0 as the PC's firmware sets it up. The time-stamp counter counts its readings.
class SystemPlatform final : public BarePlatform {
  public:
    std::string output;
    Cpu* cpu = nullptr;
    SelfInterrupts* apic = nullptr;
    u32 in(u16 port, unsigned size) override {
        return port == 0x92 ? cpu->state.a20 * 2u : BarePlatform::in(port, size);
    }
    void out(u16 port, unsigned, u32 value) override {
        if (port == 0xE9) output += static_cast<char>(value);
        if (port == 0x92) cpu->set_a20((value & 2) != 0);
        if (port == 0xF0 && m_ferr) { // clears the interrupt; FERR# is still active, so the processor may go on
            m_ignne = true;
            cpu->clear_attention(attention::interrupt);
        }
    }
    void out_block(u16 port, unsigned size, std::span<const u8> bytes) override {
        for (std::size_t i = 0; i < bytes.size(); i += size) out(port, size, bytes[i]);
    }
    u64 timestamp() override { return m_time += 100; }
    void set_ferr(bool level) override {
        if (level && !m_ferr) cpu->raise_attention(attention::interrupt);
        if (!level) m_ignne = false;
        m_ferr = level;
    }
    bool ignne() override { return m_ignne; }
    u8 acknowledge_interrupt() override {
        if (apic->requested()) return apic->acknowledge();
        cpu->clear_attention(attention::interrupt);
        return 0x75;
    }
    u64 read_apic_base() override { return 0xFEE00900; }

  private:
    u64 m_time = 0;
    bool m_ferr = false;
    bool m_ignne = false;
};

std::string run_system(const InsnCase& c, const std::string& engine_name) {
    auto found = CpuModel::by_name(c.cpu_model);
    if (!found) return "  " + found.error().message + "\n";
    auto model = std::move(found).release();
    auto ram = GuestRam::create(16 << 20).release();
    PhysicalMap memory;
    memory.map_ram(PhysAddr(0), ram.size(), ram.data());
    memory.share(ram.shared());
    SystemPlatform platform;
    Cpu cpu(model, memory, platform);
    platform.cpu = &cpu;
    SelfInterrupts apic(cpu);
    platform.apic = &apic;
    memory.map_mmio(PhysAddr(0xFEE00000), page_size, apic);
    const auto engine = make_test_engine(cpu, engine_name);
    memory.write(PhysAddr(0x7C00), c.image);
    cpu.load_segment_real(SegmentName::cs, 0);
    cpu.state.rip = 0x7C00;
    const Exit exit = engine->run(20'000'000);
    if (platform.output.ends_with('\n')) platform.output.pop_back();
    platform.output.resize(std::min<std::size_t>(platform.output.size(), 300)); // a case that loops repeats itself
    std::string errors;
    if (exit != (c.ends_in_shutdown ? Exit::shutdown : Exit::halted))
        errors +=
            fmt::format("  {}: ended with exit {} at {:08X}\n", engine_name, static_cast<int>(exit), cpu.state.rip);
    if (platform.output != c.output)
        errors += fmt::format("  {}: output '{}', expected '{}'\n", engine_name, platform.output, c.output);
    for (std::size_t i = 0; i < 8; ++i) {
        const auto it = c.expected.find(gpr_names[i]);
        if (it == c.expected.end()) continue;
        const u32 got = cpu.state.reg<u32>(static_cast<Gpr>(i));
        if (got != it->second)
            errors += fmt::format("  {}: {} = {:08X}, expected {:08X}\n", engine_name, gpr_names[i], got, it->second);
    }
    return errors;
}

std::string run_user(const InsnCase& c, NativeCpu& native, const std::vector<std::string>& engines) {
    const auto on_host = native.run(c.program);
    if (!on_host) return "  " + on_host.error().message + "\n";
    std::string errors = check_expectations(c, on_host.value(), "host");
    for (const std::string& engine : engines) {
        const UserProgram after = BareUserCpu(engine).run(c.program);
        errors += check_expectations(c, after, engine) + compare(c, after, on_host.value(), engine);
    }
    return errors;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> engines, files;
    for (int i = 3; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--engine" && i + 1 < argc) {
            engines.emplace_back(argv[++i]);
        } else if (argument == "--each-mechanism-off") {
            std::string all = "bt:hot=0";
            for (const bt::Mechanism& mechanism : bt::mechanisms()) {
                engines.push_back(fmt::format("{}:{}=off", mechanism.of_interpreter ? "interp" : "bt", mechanism.name));
                all += fmt::format(",{}=off", mechanism.name);
            }
            engines.push_back(all);
        } else {
            files.emplace_back(argument);
        }
    }
    if (files.empty()) {
        fmt::print(stderr, "usage: insn_runner HOST_RUNNER INCLUDE_FOLDER [--engine NAME | --each-mechanism-off]... "
                           "FILE.asm...\n");
        return 2;
    }
    if (engines.empty()) engines.assign(std::begin(usual_engines), std::end(usual_engines));
    auto native = NativeCpu::start(argv[1]);
    if (!native) {
        fmt::print(stderr, "{}\n", native.error().message);
        return 2;
    }
    std::size_t failed = 0;
    for (const std::string& file : files) {
        auto loaded = InsnCase::load(file, argv[2]);
        std::string errors;
        if (!loaded) {
            errors = "  " + loaded.error().message + "\n";
        } else if (const InsnCase& c = loaded.value(); c.mode == InsnCase::Mode::system) {
            for (const std::string& engine : engines) errors += run_system(c, engine);
        } else {
            errors = run_user(c, native.value(), engines);
        }
        if (errors.empty()) continue;
        ++failed;
        fmt::print("{}: FAILED\n{}", file, errors);
    }
    fmt::print("{} of {} passed on the host and {}\n", files.size() - failed, files.size(), fmt::join(engines, " "));
    return failed == 0 ? 0 : 1;
}
