// Returns to code whose page has become another one while the call was out.
#include "cache_rig.h"

using namespace ringshift;
using namespace ringshift::cache_rig;

namespace {

constexpr u32 directory = 0x40000, table = 0x41000, other_table = 0x42000, page = 0x50000;
constexpr u32 entry = 0x400000 + 4 * (page >> 12); ///< linear: the other table shows the table
constexpr u32 present = 0x67;                      // writable, the user's too, A and D set

/// Again and again: by IRET, to which no link leads, into a page that calls a procedure which puts one of two
/// frames in the page's place, in turn. What is in EAX behind the call tells which frame went on.
Code caller(u32 count, u32 first) {
    Code code;
    code.add({0xEB, 0x0D}); // over the procedure
    const u32 procedure = code.here();
    code.add({0x89, 0x15}); // mov [entry], edx; xor edx, ..; ret
    code.add32(entry);
    code.add({0x81, 0xF2});
    code.add32(page ^ (page + 0x1000));
    code.add({0xC3});
    REQUIRE(code.here() == code_at + 0x0F);
    code.add({0xB9});
    code.add32(count); // mov ecx, count
    code.add({0xBA});
    code.add32((page + 0x1000 * first) | present); // mov edx, what comes first
    const u32 loop = code.here();
    code.add({0xC7, 0x05}); // mov dword [entry], first frame
    code.add32(entry);
    code.add32(page | present);
    code.add({0x9C, 0x0E, 0x68}); // pushfd; push cs; push page; iretd
    code.add32(page);
    code.add({0xCF});
    const u32 back = code.here();
    code.add({0x01, 0xC3}); // add ebx, eax
    end_loop(code, loop);
    for (const u32 frame : {1u, 2u}) { // call procedure; mov eax, frame; jmp back
        const u32 at = page + 0x1000 * (frame - 1);
        while (code.here() < at) code.add({0x90});
        code.add({0xE8});
        code.add32(procedure - (page + 5));
        code.add({0xB8});
        code.add32(frame);
        code.add({0xE9});
        code.add32(back - (page + 15));
    }
    return code;
}

LockstepProgram program_of(const Code& code, bool user) {
    LockstepProgram program;
    program.prepare = [code, user](BareCpu& bare) {
        prepare(bare, code);
        const std::array<u64, 3> descriptors{0, user ? 0x00CFFB000000FFFFu : 0x00CF9B000000FFFFu, 0x00CF93000000FFFF};
        bare.put(0x2000, {reinterpret_cast<const u8*>(descriptors.data()), sizeof descriptors});
        bare.state().gdtr = {0x2000, sizeof descriptors - 1};
        bare.memory.write_value<u32>(PhysAddr(directory), table | present);
        bare.memory.write_value<u32>(PhysAddr(directory + 4), other_table | present);
        bare.memory.write_value<u32>(PhysAddr(other_table), table | present);
        for (u32 i = 0; i < 256; ++i) bare.memory.write_value<u32>(PhysAddr(table + 4 * i), i << 12 | present);
        bare.state().cr3 = directory;
        bare.state().cr0 |= cr0::pg;
        bare.state().gpr[3] = 0;
        if (user) {
            bare.state().cpl = 3;
            for (std::size_t i = 0; i < 6; ++i) {
                bare.state().segments[i].selector |= 3;
                bare.state().segments[i].attributes |= 0x60;
            }
            bare.cpu->update_mode();
        }
        bare.cpu->update_paging(Cpu::Flush::all);
    };
    program.instructions = 1'000'000; // ends at HLT, or where there is no handler for it
    return program;
}

} // namespace

TEST_CASE("A return finds the code that is there now if a store to a watched page table has put other code there") {
    for (const char* engine :
         {"bt", "bt:hot=3", "bt:windows=on,windows-ring0=on", "bt:behind-calls=off", "bt:probe=off", "bt:inline=on"}) {
        for (const u32 first : {0u, 1u}) {
            for (const bool user : {false, true}) {
                CAPTURE(engine, first, user);
                const LockstepProgram program = program_of(caller(1000, first), user);
                const auto make = [&](Cpu& cpu) {
                    auto made = make_test_engine(cpu, engine);
                    cpu.mmu.watch_page_tables(true);
                    return made;
                };
                CHECK(run_in_lockstep(program, make) == "");
                BareCpu bare(1 << 20);
                bare.engine = nullptr;
                bare.engine = make(*bare.cpu);
                program.prepare(bare);
                CHECK(bare.engine->run(1'000'000) == (user ? Exit::shutdown : Exit::halted));
                CHECK(bare.state().gpr[3] == 1500);
            }
        }
    }
}
