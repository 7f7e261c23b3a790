// A bare machine that random code can run on for long: whatever it does wrong is skipped or mended by handlers
// (handlers.asm), interrupts move it about, and pages, segments and devices of every kind lie around it.
//
//     linear address                    behind it
//     10000000h  arena, 64 KiB          user pages: slots of code from 0, data at 8000h, a stack from F000h down
//     10010000h  zone, 16 pages         by seed and as the guest changes it: RAM, read-only, absent, supervisor's,
//     registers,
//                                       ROM, nothing, and other names of the arena's pages
//     10000h     arena                  the same, where real and virtual-8086 mode see it
//     0          tables and handlers    the supervisor's
//     44000h     page tables            the supervisor's; where stray stores rarely go, because what a processor does
//     with
//                                       entries that changed behind its TLB is its own affair
//
// The other address space (CR3 = 41000h) has other frames behind some of the arena's pages of code.
#pragma once

#include "../insn/random_code.h"
#include "../suites/bare_cpu.h"

#include <memory>
#include <string>
#include <vector>

namespace ringshift {

enum class GuestKind : u8 { flat0, flat3, code16_0, code16_3, real, v86 };
inline constexpr unsigned guest_kinds = 6;
std::string_view name_of(GuestKind kind);

namespace guest {
inline constexpr u32 arena = 0x10000000, zone = 0x10010000, arena_size = 0x10000, data = 0x8000, stack = 0xF000,
                     counters = 0x9000, slot_size = 32;
inline constexpr u32 physical_arena = 0x10000, physical_zone = 0x20000, physical_copy = 0x30000, ram_size = 0x48000;
inline constexpr u64 registers = 0x200000, rom = 0x300000;
inline constexpr u32 zone_table = 0x44000 + 16 * 4, zone_table2 = 0x45000 + 16 * 4;

/// Selectors, privilege added by the user.
inline constexpr u16 code0 = 0x08, data0 = 0x10, code3 = 0x18, data3 = 0x20, task = 0x28, code16_3 = 0x30,
                     data16_3 = 0x38, code16_0 = 0x40, data16_0 = 0x48, small = 0x50, down32 = 0x58, down16 = 0x60,
                     read_only = 0x68, absent = 0x70, execute_only = 0x78, based_code3 = 0x80, based_code0 = 0x88,
                     limited = 0x90, conforming = 0x98, small_stack = 0xA0, count = 0xA8;
} // namespace guest

/// Everything that a run depends on.
struct GuestProgram {
    u64 seed = 0;
    GuestKind kind = GuestKind::flat0;
    u32 slots = 32; ///< a power of two
    u32 stride =
        guest::slot_size; ///< from slot to slot: a power of two; more than a slot's size spreads code over pages
    bool paging = true;
    bool other_space = false; ///< some pages of code differ by CR3
    std::vector<u8> arena = std::vector<u8>(guest::arena_size);
    std::vector<u8> copy = std::vector<u8>(guest::arena_size); ///< code of the other address space
    std::array<u32, 8> registers{};
    u32 flags = 0;

    /// Bytes of the arena that have slots.
    u32 code_size() const { return slots * stride; }
    bool code32() const { return kind == GuestKind::flat0 || kind == GuestKind::flat3; }
    bool supervisor() const {
        return kind == GuestKind::flat0 || kind == GuestKind::code16_0 || kind == GuestKind::real;
    }
    /// Linear address of the arena as its code sees it.
    u32 arena_at() const { return paging && kind != GuestKind::v86 ? guest::arena : guest::physical_arena; }
};

/// Page table entries that a zone page may have; number `page`.
u32 zone_entry(unsigned page, unsigned choice);
inline constexpr unsigned zone_choices = 12;

/// The registers and the ROM of one machine; outlives it.
struct GuestDevices;
std::shared_ptr<GuestDevices> make_guest_devices();

/// Puts everything in place. `handlers`: handlers.asm's bytes.
void prepare_guest(BareCpu& bare, const GuestProgram& program, std::span<const u8> handlers,
                   std::vector<std::shared_ptr<GuestDevices>>& devices);

} // namespace ringshift
