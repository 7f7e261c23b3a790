// Accesses at the ends of the linear space, where a window ends too: they do what the interpreter does, and nothing of
// the host beside the window, around the CPU or in the engine's tables is read or written.
#include "bt/runtime.h"
#include "canaries.h"
#include "cpu/comparison.h"
#include "suites/bare_cpu.h"

#include <catch2/catch.hpp>

using namespace ringshift;

namespace {

constexpr u32 code_at = 0x10000, directory = 0x40000, low_table = 0x41000, high_table = 0x42000;
constexpr u32 low_frame = 0x50000, high_frame = 0x51000, ram_size = 1 << 20;

/// A CPU with canaries on both sides.
struct Guarded {
    static constexpr u64 canary = ~Canaries::word;
    explicit Guarded(const std::string& engine_name)
        : model(CpuModel::by_name("max").release()), ram(GuestRam::create(ram_size).release()) {
        memory.map_ram(PhysAddr(0), ram_size, ram.data());
        memory.share(ram.shared());
        around = std::make_unique<Around>(model, memory, platform);
        platform.cpu = &cpu();
        engine = make_test_engine(cpu(), engine_name);
    }
    struct Around {
        std::array<u64, 512> before;
        Cpu cpu;
        std::array<u64, 512> after;
        Around(const CpuModel& model, PhysicalMap& memory, Platform& platform) : cpu(model, memory, platform) {
            before.fill(canary);
            after.fill(canary);
        }
    };
    CpuModel model;
    GuestRam ram;
    PhysicalMap memory;
    BarePlatform platform;
    std::unique_ptr<Around> around;
    std::unique_ptr<Engine> engine;

    Cpu& cpu() { return around->cpu; }
    bool untouched() {
        const auto is_canary = [](u64 value) { return value == canary; };
        const auto space = cpu().mmu.engine_space();
        const auto behind = space.subspan(sizeof(bt::Runtime));
        return std::all_of(around->before.begin(), around->before.end(), is_canary) &&
               std::all_of(around->after.begin(), around->after.end(), is_canary) &&
               std::all_of(behind.begin(), behind.end(), [](u8 byte) { return byte == 0; });
    }
};

struct EndAccess {
    const char* name;
    std::vector<u8> code;
    Gpr address; ///< the register that has it; ESP: the stack
    bool strings = false;
};

const std::vector<EndAccess>& accesses() {
    using enum Gpr;
    static const std::vector<EndAccess> all{
        {"mov eax, [ebx + ecx + 1000h]", {0x8B, 0x84, 0x0B, 0x00, 0x10, 0x00, 0x00}, bx},
        {"mov [ebx + ecx + 1000h], eax", {0x89, 0x84, 0x0B, 0x00, 0x10, 0x00, 0x00}, bx},
        {"mov eax, [ebx + 4 * edx - 8]", {0x8B, 0x44, 0x93, 0xF8}, bx},
        {"mov [ebx], ax", {0x66, 0x89, 0x03}, bx},
        {"mov eax, [bx - 1]", {0x67, 0x8B, 0x47, 0xFF}, bx},
        {"mov [bx + si], eax", {0x67, 0x89, 0x00}, bx},
        {"mov eax, [FFFFFFFE]", {0xA1, 0xFE, 0xFF, 0xFF, 0xFF}, bx},
        {"mov [FFFFFFFD], eax", {0xA3, 0xFD, 0xFF, 0xFF, 0xFF}, bx},
        {"mov eax, fs:[ebx]", {0x64, 0x8B, 0x03}, bx},
        {"add gs:[ebx], eax", {0x65, 0x01, 0x03}, bx},
        {"lock xadd [ebx], eax", {0xF0, 0x0F, 0xC1, 0x03}, bx},
        {"xchg [ebx], eax", {0x87, 0x03}, bx},
        {"lock cmpxchg8b [ebx]", {0xF0, 0x0F, 0xC7, 0x0B}, bx},
        {"bts [ebx], ecx", {0x0F, 0xAB, 0x0B}, bx},
        {"bt [ebx], esi", {0x0F, 0xA3, 0x33}, bx},
        {"push [ebx]", {0xFF, 0x33}, bx},
        {"pop [ebx]", {0x8F, 0x03}, bx},
        {"xlat", {0xD7}, bx},
        {"lgdt [ebx]", {0x0F, 0x01, 0x13}, bx},
        {"sgdt [ebx]", {0x0F, 0x01, 0x03}, bx},
        {"bound eax, [ebx]", {0x62, 0x03}, bx},
        {"fld tbyte [ebx]", {0xDB, 0x2B}, bx},
        {"fstp tbyte [ebx]", {0xDB, 0x3B}, bx},
        {"fild qword [ebx]", {0xDF, 0x2B}, bx},
        {"fnstenv [ebx]", {0xD9, 0x33}, bx},
        {"fnsave [ebx]", {0xDD, 0x33}, bx},
        {"frstor [ebx]", {0xDD, 0x23}, bx},
        {"fxsave [ebx]", {0x0F, 0xAE, 0x03}, bx},
        {"fxrstor [ebx]", {0x0F, 0xAE, 0x0B}, bx},
        {"movq mm0, [ebx]", {0x0F, 0x6F, 0x03}, bx},
        {"movq [ebx], mm0", {0x0F, 0x7F, 0x03}, bx},
        {"movups xmm0, [ebx]", {0x0F, 0x10, 0x03}, bx},
        {"movups [ebx], xmm0", {0x0F, 0x11, 0x03}, bx},
        {"movaps xmm0, [ebx]", {0x0F, 0x28, 0x03}, bx},
        {"movaps [ebx], xmm0", {0x0F, 0x29, 0x03}, bx},
        {"maskmovdqu xmm0, xmm1", {0x66, 0x0F, 0xF7, 0xC1}, di},
        {"push eax", {0x50}, sp},
        {"push ax", {0x66, 0x50}, sp},
        {"pop eax", {0x58}, sp},
        {"pushad", {0x60}, sp},
        {"popad", {0x61}, sp},
        {"pushfd", {0x9C}, sp},
        {"call", {0xE8, 0x00, 0x00, 0x00, 0x00}, sp},
        {"enter 20h, 2", {0xC8, 0x20, 0x00, 0x02}, sp},
        {"leave", {0xC9}, bp},
        {"rep movsd", {0xF3, 0xA5}, si, true},
        {"rep movsb", {0xF3, 0xA4}, di, true},
        {"rep movsw", {0xF3, 0x66, 0xA5}, si, true},
        {"rep stosd", {0xF3, 0xAB}, di, true},
        {"rep stosb", {0xF3, 0xAA}, di, true},
        {"rep lodsd", {0xF3, 0xAD}, si, true},
        {"repe cmpsb", {0xF3, 0xA6}, si, true},
        {"repne scasd", {0xF2, 0xAF}, di, true},
        {"movsd", {0xA5}, si, true},
        {"stosw", {0x66, 0xAB}, di, true},
        {"a16 rep stosd", {0x67, 0xF3, 0xAB}, di, true},
    };
    return all;
}

constexpr u32 addresses[] = {0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFF8, 0xFFFFFFF1, 0xFFFFFFE4,
                             0xFFFFFF94, 0xFFFFFE10, 0xFFFFFFC0, 0,          1,          3,          0x0FFE};

struct Situation {
    bool user = false, backward = false, high = true, low = true; ///< which pages are there
};

/// Everything as at the beginning, page tables included.
void prepare(Guarded& machine, const EndAccess& access, const Situation& situation) {
    PhysicalMap& m = machine.memory;
    for (u32 i = 0; i < 2 * page_size; i += 4) m.write_value<u32>(PhysAddr(low_frame + i), i * 0x01030507);
    m.write_value<u32>(PhysAddr(directory), low_table | 0x67);
    m.write_value<u32>(PhysAddr(directory + 0xFFC), high_table | 0x67);
    for (u32 i = 0; i < 256; ++i) m.write_value<u32>(PhysAddr(low_table + 4 * i), i << 12 | 0x67);
    m.write_value<u32>(PhysAddr(low_table), low_frame | (situation.low ? 0x67u : 0x66u));
    m.write_value<u32>(PhysAddr(high_table + 0xFFC), high_frame | (situation.high ? 0x67u : 0x66u));
    m.write(PhysAddr(code_at), access.code);
    m.write_value<u8>(PhysAddr(code_at + access.code.size()), 0xF4);
}

void set_registers(Guarded& machine, const EndAccess& access, const Situation& situation, u32 address) {
    Cpu& cpu = machine.cpu();
    CpuState& state = cpu.state;
    state.cr3 = directory;
    state.cr2 = 0;
    state.cr0 = cr0::pe | cr0::pg | cr0::ne | cr0::et;
    state.cr4 = cr4::osfxsr;
    state.gdtr = state.idtr = {};
    state.activity = Activity::running;
    for (std::size_t i = 0; i < 6; ++i) {
        Segment& s = state.segments[i];
        s = {.selector = static_cast<u16>(situation.user ? 0x0B : 8),
             .attributes = static_cast<u16>((i == 1 ? 0xC9B : 0xC93) | (situation.user ? 0x60 : 0)),
             .limit = 0xFFFFFFFF,
             .base = 0};
        s.usable = 1;
    }
    state.cpl = situation.user ? 3 : 0;
    state.set_eflags(2 | (situation.backward ? u32{flag::df} : 0));
    constexpr std::array<u32, 8> values{0x80, 0xFFFFF000, 2, 0x20000, 0x30000, 0x21000, 0x22000, 0x23000};
    for (std::size_t i = 0; i < 8; ++i) state.set_reg<u32>(static_cast<Gpr>(i), values[i]);
    if (access.strings) state.set_reg<u32>(Gpr::cx, 33);
    state.set_reg<u32>(access.address, address);
    state.fpu = {};
    state.fpu_exception_pending = false;
    state.fpu.fcw = 0x37F;
    state.fpu.mxcsr = 0x1F80;
    state.rip = code_at;
    cpu.update_mode();
}

std::string difference(Guarded& subject, Guarded& reference) {
    const CpuState &a = subject.cpu().state, &b = reference.cpu().state;
    if (equal_states(a, b)) return {};
    return format_difference({.headline = "registers differ",
                              .remarks = {},
                              .instructions = {},
                              .subject = a,
                              .reference = b,
                              .memory = {},
                              .host_code = {}});
}

} // namespace

TEST_CASE("Accesses at the ends of the linear space stay inside the window") {
    const Canaries canaries;
    CHECK(canaries.count() > 0);
    Guarded subject("bt:windows=on,windows-ring0=on"), reference("interp");
    reference.cpu().mmu.watch_page_tables(subject.cpu().mmu.watches_page_tables());
    constexpr Situation situations[] = {{},
                                        {.user = true},
                                        {.user = true, .backward = true},
                                        {.user = true, .high = false},
                                        {.user = true, .low = false},
                                        {.backward = true, .low = false}};
    for (const Situation& situation : situations) {
        for (const EndAccess& access : accesses()) {
            for (Guarded* machine : {&subject, &reference}) {
                prepare(*machine, access, situation);
                set_registers(*machine, access, situation, 0);
                machine->cpu().update_paging(Cpu::Flush::all);
            }
            for (const u32 address : addresses) {
                for (unsigned time = 0; time < 3; ++time) { // the second time the window has its pages
                    CAPTURE(access.name, address, time, situation.user, situation.backward, situation.high,
                            situation.low);
                    std::array<Exit, 2> exits{};
                    for (Guarded* machine : {&subject, &reference}) {
                        set_registers(*machine, access, situation, address);
                        exits[machine == &reference] = machine->engine->run(100);
                    }
                    REQUIRE(exits[0] == exits[1]);
                    REQUIRE(difference(subject, reference) == "");
                    REQUIRE(std::memcmp(subject.ram.data(), reference.ram.data(), ram_size) == 0);
                }
            }
            REQUIRE(canaries.untouched());
        }
        CHECK(subject.untouched());
    }
    CHECK_FALSE(Canaries::in(subject.ram.bytes()));
}
