// Code in several address spaces: links and jump targets outlive CR3 loads, and lead nowhere that the tables of the
// address space that runs would not.
#include "cache_rig.h"

#include <random>

using namespace ringshift;
using namespace ringshift::cache_rig;

namespace {

constexpr u32 gdt = 0x2000, idt = 0x3000, tss = 0x4000, identity_table = 0x1F0000;
constexpr u32 directories = 0x200000; ///< each with its table behind it
constexpr u32 pages = 6, pages_at = 0x400000, frames_at = 0x100000;
constexpr u32 present = 0x67; ///< writable, the user's too, A and D set
constexpr u32 global = 0x100;

u32 directory(u32 space) { return directories + space * 0x2000; }
u32 entry_of(u32 space, u32 page) { return directory(space) + 0x1000 + 4 * page; }
u32 frame_of(u32 page, u32 which) { return frames_at + (2 * page + which) * 0x1000; }

struct Guest {
    u32 spaces = 8;
    bool user = false;      ///< what is not the system runs in Ring 3
    bool is_global = false; ///< the pages that all address spaces have are global
    u32 operations = 150, rounds = 120;
    u32 seed = 1;
    bool plain = false; ///< no operation but calls and CR3 loads
};

void load(Code& code, u8 opcode, u32 value) {
    code.add({opcode});
    code.add32(value);
}
constexpr u8 mov_eax = 0xB8, mov_ecx = 0xB9, mov_edx = 0xBA;

struct Handlers {
    u32 page_fault, load_cr3, store, invlpg;
};

/// A page that is not there is shown with its first frame.
Handlers add_handlers(Code& code) {
    Handlers at{};
    at.page_fault = code.here();
    code.add({0x50, 0x52, 0x0F, 0x20, 0xD8, 0x0F, 0x20, 0xD2, 0xC1, 0xEA, 0x0C, 0x81, 0xE2}); // eax = cr3, edx = cr2's
    code.add32(0x3FF);                                                                        // page in the table
    code.add({0x8D, 0x84, 0x90});                                                             // lea eax, [its entry]
    code.add32(0x1000);
    code.add({0xC1, 0xE2, 0x0D, 0x81, 0xC2});
    code.add32(frames_at | 7);
    code.add({0x89, 0x10, 0x5A, 0x58, 0x83, 0xC4, 0x04, 0xCF});
    at.load_cr3 = code.here();
    code.add({0x0F, 0x22, 0xD8, 0xCF});
    at.store = code.here();
    code.add({0x89, 0x02, 0xCF});
    at.invlpg = code.here();
    code.add({0x0F, 0x01, 0x38, 0xCF});
    return at;
}

Code program(const Guest& guest, Handlers& handlers) {
    std::mt19937 random(guest.seed);
    const auto below = [&](u32 limit) { return static_cast<u32>(random()) % limit; };
    Code code;
    code.add({0xE9, 0, 0, 0, 0});
    handlers = add_handlers(code);
    const u32 start = code.here();
    for (u32 i = 0; i < 4; ++i) code.bytes[1 + i] = static_cast<u8>((start - (code_at + 5)) >> 8 * i);
    load(code, mov_ecx, guest.rounds);
    const u32 loop = code.here();
    for (u32 i = 0; i < guest.operations; ++i) {
        const u32 page = pages_at + 0x1000 * below(pages);
        const u32 space = below(guest.spaces);
        const u32 kind = guest.plain ? (i % 3 == 0 ? 6 : 0) : below(10);
        if (kind < 4) {
            code.add({0xE8});
            code.add32(page - (code.here() + 4));
        } else if (kind < 6) {
            load(code, mov_eax, page);
            code.add({0xFF, 0xD0});
        } else if (kind < 8) {
            load(code, mov_eax, directory(space));
            code.add({0xCD, 0x30});
        } else if (kind == 8) {
            static constexpr std::array<u32, 4> flags{0, 0x07, 0x27, present};
            const u32 number = below(pages);
            load(code, mov_edx, entry_of(space, number));
            load(code, mov_eax, frame_of(number, below(2)) | flags[below(4)]);
            code.add({0xCD, 0x31});
        } else {
            load(code, mov_eax, page);
            code.add({0xCD, 0x32});
        }
    }
    end_loop(code, loop);
    return code;
}

/// Adds a number to EBX, and goes on to the next page by a call or a jump, or returns.
Code page_code(u32 page, u32 which) {
    Code code;
    code.add({0x81, 0xC3});
    code.add32(page * 0x01234567 + which * 0x10101);
    code.add({0xD1, 0xC3});
    const bool last = page + 1 == pages || (which == 1 && page % 2 == 0);
    if (!last) {
        code.add({page % 2 == 0 ? 0xE8 : 0xE9});
        code.add32(0x1000 - static_cast<u32>(code.bytes.size() + 4));
    }
    code.add({0xC3});
    return code;
}

void set_up(BareCpu& bare, const Guest& guest) {
    Handlers handlers{};
    prepare(bare, program(guest, handlers));
    const std::array<u64, 5> descriptors{0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0x00CFFB000000FFFF,
                                         0x00CFF3000000FFFF};
    bare.put(gdt, {reinterpret_cast<const u8*>(descriptors.data()), sizeof descriptors});
    bare.state().gdtr = {gdt, sizeof descriptors - 1};
    const auto gate = [&](u32 vector, u32 offset) {
        bare.memory.write_value<u32>(PhysAddr(idt + 8 * vector), 8 << 16 | (offset & 0xFFFF));
        bare.memory.write_value<u32>(PhysAddr(idt + 8 * vector + 4), (offset & 0xFFFF0000) | 0xEE00);
    };
    gate(14, handlers.page_fault);
    gate(0x30, handlers.load_cr3);
    gate(0x31, handlers.store);
    gate(0x32, handlers.invlpg);
    bare.state().idtr = {idt, 0x33 * 8 - 1};
    bare.memory.write_value<u32>(PhysAddr(tss + 4), 0x9E000);
    bare.memory.write_value<u32>(PhysAddr(tss + 8), 0x10);
    bare.state().tr = {.selector = 0x28, .attributes = 0x8B, .limit = 0x67, .base = tss, .low = 0, .usable = 1};

    for (u32 i = 0; i < 1024; ++i)
        bare.memory.write_value<u32>(PhysAddr(identity_table + 4 * i),
                                     i << 12 | present | (guest.is_global ? global : 0));
    for (u32 space = 0; space < guest.spaces; ++space) {
        bare.memory.write_value<u32>(PhysAddr(directory(space)), identity_table | present);
        bare.memory.write_value<u32>(PhysAddr(directory(space) + 4), (directory(space) + 0x1000) | present);
        for (u32 page = 0; page < pages; ++page)
            bare.memory.write_value<u32>(PhysAddr(entry_of(space, page)),
                                         frame_of(page, space % 3 == 2 ? 1 : 0) | present);
    }
    for (u32 page = 0; page < pages; ++page)
        for (const u32 which : {0u, 1u}) bare.put(frame_of(page, which), page_code(page, which).bytes);
    bare.state().cr3 = directory(0);
    bare.state().cr4 |= cr4::pge;
    bare.state().cr0 |= cr0::pg | cr0::wp;
    if (guest.user) {
        bare.state().cpl = 3;
        for (std::size_t i = 0; i < 6; ++i) {
            bare.state().segments[i].selector = static_cast<u16>(i == 1 ? 0x1B : 0x23);
            bare.state().segments[i].attributes |= 0x60;
        }
    }
    bare.cpu->update_mode();
    bare.cpu->update_paging(Cpu::Flush::all);
}

constexpr i64 longest = 4'000'000;
constexpr u64 ram = 4 << 20;

std::unique_ptr<Engine> make(Cpu& cpu, const std::string& engine) {
    auto made = make_test_engine(cpu, engine);
    cpu.mmu.watch_page_tables(true);
    return made;
}

std::string compare(const Guest& guest, const std::string& engine) {
    LockstepProgram program;
    program.prepare = [&](BareCpu& bare) { set_up(bare, guest); };
    program.instructions = longest;
    program.piece_size = [&](u64 n) { return static_cast<i64>(1 + (n * 7919 + guest.seed * 104729) % 9001); };
    program.ram_size = ram;
    return run_in_lockstep(program, [&](Cpu& cpu) { return make(cpu, engine); });
}

void run_to_end(BareCpu& bare, const Guest& guest, const std::string& engine) {
    bare.engine = nullptr;
    bare.engine = make(*bare.cpu, engine);
    set_up(bare, guest);
    CHECK(bare.engine->run(longest) == (guest.user ? Exit::shutdown : Exit::halted));
    CHECK(bare.state().gpr[1] == 0);
}

bt::Ledger ledger_of_run(const Guest& guest, const std::string& engine) {
    BareCpu bare(ram);
    run_to_end(bare, guest, engine);
    return ledger_of(*bare.engine).value();
}

} // namespace

TEST_CASE("Links between pages lead where the tables of the address space that runs say") {
    u32 seed = 1;
    for (const char* engine : {"bt:hot=1", "bt:hot=3,spaces=off", "bt:hot=3,windows=off", "bt:hot=3,windows-ring0=on",
                               "bt:hot=3,windows-kernel=off", "bt:hot=3,inline=on", "bt:hot=1,probe=off",
                               "bt:hot=1,returns=off", "bt:hot=0,cache=64K"}) {
        for (const bool user : {false, true}) {
            for (const bool is_global : {false, true}) {
                const Guest guest{
                    .spaces = seed % 3 == 0 ? 3u : 8u, .user = user, .is_global = is_global, .seed = seed++};
                CAPTURE(engine, guest.spaces, user, is_global, guest.seed);
                CHECK(compare(guest, engine) == "");
                BareCpu bare(ram);
                run_to_end(bare, guest, engine);
            }
        }
    }
}

TEST_CASE("A guest with more address spaces than are told apart runs as on the interpreter") {
    for (const bool user : {false, true}) {
        const Guest guest{.spaces = 64, .user = user, .operations = 400, .rounds = 40, .seed = 77};
        CAPTURE(user);
        CHECK(compare(guest, "bt:hot=1") == "");
    }
}

TEST_CASE("Where address spaces agree a CR3 load leaves links and jump targets as they are") {
    for (const bool user : {false, true}) {
        CAPTURE(user);
        const Guest guest{.spaces = 2, .user = user, .rounds = 2000, .seed = 5, .plain = true};
        const auto hashed = [&](const char* engine) {
            return ledger_of_run(guest, engine).levels[static_cast<std::size_t>(bt::Level::hash)];
        };
        CHECK(hashed("bt:hot=1") * 4 < hashed("bt:hot=1,spaces=off"));
    }
}

TEST_CASE("Ring 0 has windows where no user code has run") {
    const auto shown = [&](bool user, const char* engine) {
        const Guest guest{.spaces = 1, .user = user, .rounds = 400, .seed = 6};
        const auto windows = ledger_of_run(guest, engine).windows;
        return windows ? windows->mapped : 0;
    };
    if (shown(false, "bt:windows-ring0=on") == 0) return; // this host has no windows
    CHECK(shown(false, "bt") > 0);
    CHECK(shown(false, "bt:windows-kernel=off") == 0);
    CHECK(shown(true, "bt") > 0);
}
