// What keeps a guest inside is that generated code can do nothing but what is listed here. The verifier decodes each
// block's bytes again, with Zydis and not with what the emitters believe, and refuses
//
//  - instructions that are not on the allow-list: privileged, system, I/O and stack instructions, CPUID, RDTSC,
//    whatever changes a flag beyond the six arithmetic ones;
//  - memory other than: guest memory as [r11 + register], where r11 was loaded with the addend of a TLB entry behind a
//    look at the same entry's tag of the same privilege, and at the write tag for a store, with a conditional jump
//    behind the tag and no branch target behind the addend; or as [r11 + constant], within the range that the look-up
//    was for, where r11 is that address or comes from a slot to which it was stored before (share.cpp); CpuState and
//    the attention word by r15; the TLB (never written) and the engine's tables (code pointers never written) by r14;
//    as GS:[...] with 32-bit addresses, where the mode has a memory window, or without GS if that is at home; a string
//    instruction there, where the window's base has just been added to the registers that it uses and is taken off them
//    again at once, behind it and where a fault of it leads; the block's own bytes, read only, as [r9 + constant] where
//    r9 has just been loaded with their address, if it checks itself;
//  - branches to anything but the start of an instruction of the block, jumps and calls through anything but the code
//    pointers in the engine's tables, calls in the block that are no links (RET takes what calls have left on the
//    return stack, which nothing else can write);
//  - writes to RSP, r14 and r15, to r13 except by adding a constant or r9, and 64-bit writes to registers whose upper
//  half must
//    stay zero because they are used as guest addresses (RCX may: it passes through JECXZ), except back from r12, which
//    holds nothing but such registers;
//  - links whose place to patch is not the displacement of a jump to the link's own exit.
//
// It costs as much as several translations, so it is an option (`verify`), on in debug and sanitizer builds and in
// tests.
#include "bt/verifier.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace ringshift::bt {

namespace {

constexpr u32 bit(unsigned number) { return 1u << number; }
constexpr u32 fixed_registers = bit(4) | bit(14) | bit(15);
constexpr u32 narrow_registers = bit(0) | bit(2) | bit(3) | bit(5) | bit(6) | bit(7) | bit(8);
/// How far behind the looked-up address an instruction may reach: within what the lookup's size covered.
constexpr i64 longest_access = 64;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
/// Cpu::attention from r15, read only.
constexpr i64 attention_distance = static_cast<i64>(offsetof(Cpu, attention)) - static_cast<i64>(offsetof(Cpu, state));
#pragma GCC diagnostic pop

bool allowed(HostKind kind) {
    switch (kind) {
    case HostKind::integer:
    case HostKind::arithmetic_flags:
    case HostKind::jump:
    case HostKind::conditional_jump:
    case HostKind::call:
    case HostKind::x87:
    case HostKind::vector:
    case HostKind::fpu_state:
    case HostKind::ret: return true;
    case HostKind::stack:
    case HostKind::string: // looked at by themselves
    case HostKind::other: return false;
    }
    return false;
}

/// LEA r13, [r13 + constant], ADD and SUB r13, constant: the ways in which the budget changes.
bool changes_budget(std::span<const u8> bytes) {
    static constexpr std::array<std::array<u8, 3>, 5> starts{
        {{0x4D, 0x8D, 0x6D}, {0x4D, 0x8D, 0xAD}, {0x49, 0x81, 0xC5}, {0x49, 0x83, 0xC5}, {0x49, 0x81, 0xED}}};
    return bytes.size() > 3 && std::any_of(starts.begin(), starts.end(), [&](const auto& s) {
               return std::equal(s.begin(), s.end(), bytes.begin());
           });
}

/// LEA r8, [r8 + constant], and the MOV r8d, r8d that clears what this may leave in the upper half.
bool moves_stack(std::span<const u8> bytes) {
    return bytes.size() > 3 && bytes[0] == 0x4D && bytes[1] == 0x8D && (bytes[2] == 0x40 || bytes[2] == 0x80);
}
bool narrows_stack(std::span<const u8> bytes) {
    return bytes.size() == 3 && bytes[0] == 0x45 && (bytes[1] == 0x89 || bytes[1] == 0x8B) && bytes[2] == 0xC0;
}

/// LEA r13, [r13 + r9]: repetitions.
constexpr std::array<u8, 5> adds_r9_to_r13{0x4F, 0x8D, 0x6C, 0x0D, 0x00};

/// The register (6 or 7) to which LEA rsi, [rsi + r11] or LEA rdi, [rdi + r11] adds; 0: it is something else.
unsigned adds_window(std::span<const u8> bytes) {
    if (bytes.size() != 4 || bytes[0] != 0x4A || bytes[1] != 0x8D) return 0;
    if (bytes[2] == 0x34 && bytes[3] == 0x1E) return 6;
    return bytes[2] == 0x3C && bytes[3] == 0x1F ? 7 : 0;
}
/// The same for MOV esi, esi and MOV edi, edi, by which the upper half goes.
unsigned narrows(std::span<const u8> bytes) {
    if (bytes.size() < 2 || (bytes[0] != 0x89 && bytes[0] != 0x8B)) return 0;
    return bytes[1] == 0xF6 ? 6 : bytes[1] == 0xFF ? 7 : 0;
}
/// Which of RSI and RDI, bit by number, a string instruction takes for addresses; 0: it is none that we emit.
u32 string_registers(std::span<const u8> bytes) {
    if (!bytes.empty() && (bytes[0] == 0xF2 || bytes[0] == 0xF3)) bytes = bytes.subspan(1);
    if (!bytes.empty() && bytes[0] == 0x66) bytes = bytes.subspan(1);
    if (bytes.size() != 1) return 0;
    switch (bytes[0] & 0xFE) {
    case 0xA4:
    case 0xA6: return bit(6) | bit(7);
    case 0xAA:
    case 0xAE: return bit(7);
    case 0xAC: return bit(6);
    default: return 0;
    }
}

/// MOV r64, r64 between r12, which keeps a guest register, and any register.
bool moves_r12(std::span<const u8> bytes, bool to_r12) {
    if (bytes.size() != 3 || (bytes[1] != 0x89 && bytes[1] != 0x8B) || bytes[2] < 0xC0 || (bytes[0] & 0xF8) != 0x48)
        return false;
    const unsigned reg = ((bytes[2] >> 3) & 7u) | ((bytes[0] & 4u) << 1);
    const unsigned rm = (bytes[2] & 7u) | ((bytes[0] & 1u) << 3);
    const unsigned to = bytes[1] == 0x89 ? rm : reg, from = bytes[1] == 0x89 ? reg : rm;
    return to_r12 ? to == 12 && ((narrow_registers | bit(1)) & bit(from)) != 0 : from == 12;
}

/// LEA r11d, [r9 + constant]: the last byte of a range whose first is at r9. Its size, or 0.
u32 range_before(std::span<const u8> bytes) {
    if (bytes.size() < 4 || bytes[0] != 0x45 || bytes[1] != 0x8D) return 0;
    if (bytes[2] == 0x59 && bytes[3] < 0x80) return bytes[3] + 1u;
    if (bytes[2] == 0x99 && bytes[5] == 0 && bytes[6] == 0) return (bytes[3] | u32{bytes[4]} << 8) + 1;
    return 0;
}

template <std::size_t n>
bool begins_with(std::span<const u8> bytes, const std::array<u8, n>& start) {
    return bytes.size() >= n && std::equal(start.begin(), start.end(), bytes.begin());
}
/// MOV ecx, 28, by which the low four bits of an address are shifted: it is a multiple of 16.
constexpr std::array<u8, 5> asks_alignment{0xB9, 28, 0, 0, 0};
constexpr std::array<u8, 4> adds_r9_to_r11{0x4F, 0x8D, 0x1C, 0x0B};
constexpr std::array<u8, 3> stores_r11_by_r14{0x4D, 0x89, 0x9E};

/// A place by r14.
struct Place {
    enum class What { tag, addend, pointer, slot, counter, window, other } what = What::other;
    bool user = false;
    bool write_tag = false;
    u8 index = HostMemory::no_register;  ///< the register that says which entry
    bool asked = false;                  ///< a conditional jump has followed
    u32 range = 0;                       ///< tag: how many bytes from r9 on are asked for, as far as can be seen
    u32 slot = 0;                        ///< slot: its number
    std::size_t field = ~std::size_t{0}; ///< pointer: where in Runtime it is, if it is one of the stubs'
};

class Check {
  public:
    Check(const Block& block, const Mode& mode, std::span<const u8> code, i64 runtime_distance,
          const HostDecoder& decoder)
        : m_block(block), m_code(code), m_user(mode.cpl == 3), m_mode_windows(mode.windows), m_home(mode.home),
          m_runtime_distance(runtime_distance), m_decoder(decoder) {}

    std::string run();

  private:
    struct Line {
        u32 offset;
        HostInsn insn;
    };
    std::string decode();
    std::string check_line(const Line& line);
    std::string check_registers(const Line& line);
    std::string check_string(const Line& line) const;
    std::string check_rebased(const Line& line);
    std::string check_branch(const Line& line) const;
    std::string check_memory(const HostMemory& m, std::span<const u8> bytes);
    std::string check_guest_memory(const HostMemory& m) const;
    std::string check_window(const HostMemory& m) const;
    std::string check_state(const HostMemory& m) const;
    std::string check_tables(const HostMemory& m, std::span<const u8> bytes);
    std::string check_links() const;
    std::optional<Place> place_of(const HostMemory& m) const;
    /// MOV r9, the address of the block's own bytes.
    bool loads_own_address(std::span<const u8> code) const {
        u64 value = 0;
        if (!m_block.own_bytes || code.size() != 10 || code[0] != 0x49 || code[1] != 0xB9) return false;
        std::memcpy(&value, code.data() + 2, sizeof value);
        return value == reinterpret_cast<u64>(m_block.own_bytes);
    }
    std::span<const u8> bytes(const Line& line) const { return m_code.subspan(line.offset, line.insn.length); }
    std::string refuse(const Line& line, const std::string& why) const {
        return fmt::format("+{:x}: {}: {}", line.offset, m_decoder.text(bytes(line), line.offset), why);
    }

    const Block& m_block;
    std::span<const u8> m_code;
    const bool m_user;
    const bool m_mode_windows;
    const bool m_home;
    const i64 m_runtime_distance;
    const HostDecoder& m_decoder;
    std::vector<Line> m_lines;
    std::vector<bool> m_starts;  ///< by offset: an instruction
    std::vector<bool> m_targets; ///< by offset: of a branch
    // What has been looked up on the way to the current instruction.
    std::optional<Place> m_tag;            ///< asked last
    std::optional<Place> m_addend;         ///< r11 holds it
    std::optional<Place> m_loaded;         ///< by the current instruction
    std::optional<Place> m_range;          ///< r11 holds the address of what was asked for
    bool m_window = false;                 ///< r11 holds the window's base
    bool m_narrow_stack = !m_mode_windows; ///< the upper half of r8 is zero
    u32 m_rebased = 0;                     ///< which of RSI and RDI are host addresses, bit by number
    bool m_string = false;                 ///< and the string instruction has been
    bool m_own_bytes = false;              ///< r9 holds the address of the block's own
    u32 m_asked = 0;                       ///< bytes, by the look-up in the making
    std::array<std::optional<Place>, Runtime::shared_slots> m_slots;
};

std::string Check::decode() {
    m_starts.assign(m_code.size(), false);
    m_targets.assign(m_code.size(), false);
    for (u32 offset = 0; offset < m_code.size();) {
        Line line{offset, {}};
        if (!m_decoder.decode(m_code.subspan(offset), line.insn))
            return fmt::format("+{:x}: {:02x}: no instruction", offset, m_code[offset]);
        m_starts[offset] = true;
        offset += line.insn.length;
        m_lines.push_back(line);
    }
    for (const Line& line : m_lines) {
        const i64 target = line.offset + line.insn.target;
        if (line.insn.relative && target >= 0 && target < static_cast<i64>(m_code.size()))
            m_targets[static_cast<std::size_t>(target)] = true;
    }
    return {};
}

std::string Check::run() {
    if (m_code.empty()) return "no code";
    if (std::string error = decode(); !error.empty()) return error;
    for (const Line& line : m_lines)
        if (std::string error = check_line(line); !error.empty()) return refuse(line, error);
    const HostInsn& last = m_lines.back().insn;
    const auto leaves = [&] {
        const auto pointer = last.memory_count == 1 ? place_of(last.memory[0]) : std::nullopt;
        return pointer &&
               (pointer->field == offsetof(Runtime, leave_direct) || pointer->field == offsetof(Runtime, leave_budget));
    };
    if (last.kind != HostKind::jump && !(last.kind == HostKind::call && leaves()))
        return refuse(m_lines.back(), "the code runs on behind its end");
    return check_links();
}

std::string Check::check_line(const Line& line) {
    const HostInsn& in = line.insn;
    if (m_rebased != 0 || (m_window && adds_window(bytes(line)) != 0)) return check_rebased(line);
    if (!allowed(in.kind)) return "not on the list of what generated code may contain";
    if (in.sets_system_flags) return "changes a flag that is not the guest's";
    if (m_targets[line.offset]) {
        m_addend.reset();
        m_range.reset();
        m_window = false;
        m_narrow_stack = !m_mode_windows;
    }
    if (const u32 range = range_before(bytes(line)); range != 0) m_asked = range;
    if (begins_with(bytes(line), asks_alignment)) m_asked = std::max(m_asked, 16u);
    m_loaded.reset();
    m_own_bytes = m_own_bytes && !m_targets[line.offset];
    for (u8 i = 0; i < in.memory_count; ++i)
        if (std::string error = check_memory(in.memory[i], bytes(line)); !error.empty()) return error;
    if (in.kind == HostKind::jump || in.kind == HostKind::conditional_jump || in.kind == HostKind::call)
        if (std::string error = check_branch(line); !error.empty()) return error;
    if (in.kind == HostKind::fpu_state && in.memory_count != 0 && (in.memory[0].base == 11 || in.memory[0].segment))
        return "would show the guest host addresses, or load them from it";
    if (std::string error = check_registers(line); !error.empty()) return error;
    if ((in.written & bit(11)) != 0) {
        m_range = begins_with(bytes(line), adds_r9_to_r11) ? m_addend : std::nullopt;
        if (m_loaded && m_loaded->what == Place::What::slot && in.written_64 == bit(11))
            m_range = m_slots[m_loaded->slot];
        m_addend.reset();
        if (m_loaded && m_loaded->what == Place::What::addend && in.written_64 == bit(11) && m_tag && m_tag->asked &&
            m_tag->user == m_loaded->user && m_tag->index == m_loaded->index)
            m_addend = m_tag;
        m_window = m_loaded && m_loaded->what == Place::What::window && in.written_64 == bit(11);
    }
    if (in.kind == HostKind::call) m_own_bytes = m_window = false;
    if ((in.written & bit(8)) != 0) m_narrow_stack = !m_mode_windows || narrows_stack(bytes(line));
    if ((in.written & bit(9)) != 0) m_own_bytes = loads_own_address(bytes(line));
    if (m_tag && in.kind == HostKind::conditional_jump) m_tag->asked = true;
    if (m_tag && (in.written & bit(m_tag->index)) != 0) m_tag.reset();
    if (in.kind == HostKind::call) {
        m_addend.reset();
        m_range.reset();
        m_tag.reset();
    }
    return {};
}

/// Between the first LEA that makes a host address and the last MOV that makes an offset of it again.
std::string Check::check_rebased(const Line& line) {
    if (m_targets[line.offset]) return "a branch leads to where a guest register holds a host address";
    const auto code = bytes(line);
    if (line.insn.kind == HostKind::string && !m_string) {
        m_string = true;
        m_window = false;
        return check_string(line);
    }
    const u32 added = bit(adds_window(code)), taken = bit(narrows(code));
    if (!m_string && added != bit(0) && (m_rebased & added) == 0) {
        m_rebased |= added;
        return {};
    }
    if (!m_string || taken == bit(0) || (m_rebased & taken) == 0) return "a guest register holds a host address here";
    m_rebased &= ~taken;
    m_string = m_rebased != 0;
    return {};
}

std::string Check::check_string(const Line& line) const {
    if (!m_mode_windows) return "there is no memory window in this mode";
    if (string_registers(bytes(line)) != m_rebased || m_rebased == 0) return "its addresses are not the window's";
    const auto access =
        std::ranges::find_if(m_block.accesses, [&](const WindowAccess& a) { return a.offset == line.offset; });
    if (access == m_block.accesses.end()) return "a fault of it would lead nowhere";
    u32 left = m_rebased;
    u32 cold = access->cold;
    while (left != 0 && cold < m_code.size()) {
        const u32 taken = bit(narrows(m_code.subspan(cold)));
        if ((left & taken) == 0) break;
        left &= ~taken;
        cold += 2;
    }
    return left == 0 ? "" : "a fault of it would leave a host address in a guest register";
}

std::string Check::check_registers(const Line& line) {
    const HostInsn& in = line.insn;
    if ((in.written & fixed_registers) != 0) return "writes a register that never changes: RSP, r14 or r15";
    if ((in.written & bit(13)) != 0 && !changes_budget(bytes(line)) && !begins_with(bytes(line), adds_r9_to_r13))
        return "writes r13 other than by a constant";
    if ((in.written & bit(12)) != 0 && !moves_r12(bytes(line), true))
        return "r12 keeps guest registers and is written with nothing else";
    const bool wide_stack = m_mode_windows && in.written_64 == bit(8) && moves_stack(bytes(line));
    if ((in.written_64 & narrow_registers) != 0 && !moves_r12(bytes(line), false) && !wide_stack)
        return "may leave the upper half of a guest register other than zero";
    return {};
}

std::string Check::check_branch(const Line& line) const {
    const HostInsn& in = line.insn;
    if (in.relative) {
        const i64 target = line.offset + in.target;
        const auto patches = [&](const Link& link) { return link.patch + 4 == line.offset + in.length; };
        if (in.kind == HostKind::call && std::none_of(m_block.links.begin(), m_block.links.end(), patches))
            return "a call within the block";
        if (target < 0 || target >= static_cast<i64>(m_code.size()) || !m_starts[static_cast<std::size_t>(target)])
            return "leads to no instruction of the block";
        return {};
    }
    if (in.memory_count != 1) return "leads anywhere";
    const auto place = place_of(in.memory[0]);
    if (!place || place->what != Place::What::pointer) return "leads through something else than a code pointer";
    const auto is = [&](std::size_t field) { return place->field == field; };
    const bool asks = is(offsetof(Runtime, helper)) || is(offsetof(Runtime, helper_instead)) ||
                      is(offsetof(Runtime, leave_direct)) || is(offsetof(Runtime, leave_budget));
    if (asks && in.kind != HostKind::call) return "does not say where it comes from";
    if (is(offsetof(Runtime, leave_indirect)) && in.kind == HostKind::call)
        return "leaves something on the return stack";
    return {};
}

std::string Check::check_memory(const HostMemory& m, std::span<const u8> bytes) {
    if (m.address32 && (m.gs || (m_home && !m.segment))) return check_window(m);
    if (m.segment || m.rip_relative || m.address32 || m.vector_index || m.size > longest_access + 512)
        return "addresses memory in a way that generated code does not";
    switch (m.base) {
    case 9:
        if (m_own_bytes && m.index == HostMemory::no_register && !m.writes && m.displacement >= 0 &&
            m.displacement + m.size <= static_cast<i64>(m_block.guest.size()))
            return {};
        break;
    case 11: return check_guest_memory(m);
    case 14: return check_tables(m, bytes);
    case 15: return check_state(m);
    default: break;
    }
    return "addresses memory by a register that holds no address";
}

std::string Check::check_guest_memory(const HostMemory& m) const {
    if (m.index == HostMemory::no_register && m_range) {
        if (m_range->user != m_user) return "the TLB of the other privilege was asked";
        if (m.writes && !m_range->write_tag) return "a store after a look at the read tag";
        if (m.displacement < 0 || m.displacement + m.size > m_range->range) return "outside of the range asked for";
        return {};
    }
    if (m.index == HostMemory::no_register || m.index == 4 || m.factor != 1 || m.displacement < 0 ||
        m.displacement + m.size > longest_access)
        return "guest memory is [r11 + register]";
    if (((narrow_registers | bit(1) | bit(9) | bit(10)) & bit(m.index)) == 0) return "no register of a guest address";
    if (m.index == 8 && !m_narrow_stack) return "the upper half of r8 may be other than zero";
    if (!m_addend) return "r11 holds no addend of the TLB here";
    if (m_addend->user != m_user) return "the TLB of the other privilege was asked";
    if (m.writes && !m_addend->write_tag) return "a store after a look at the read tag";
    return {};
}

std::string Check::check_window(const HostMemory& m) const {
    constexpr u32 address_registers = narrow_registers | bit(1) | bit(9) | bit(10);
    const auto holds_address = [](u8 reg) {
        return reg == HostMemory::no_register || (reg < 16 && (address_registers & bit(reg)) != 0);
    };
    if (!m_mode_windows || m.gs == m_home) return "there is no such memory window in this mode";
    if (m.rip_relative || m.vector_index || m.size > longest_access + 512) return "no access through a window";
    if (!holds_address(m.base) || !holds_address(m.index)) return "no register of a guest address";
    return {};
}

std::string Check::check_state(const HostMemory& m) const {
    if (m.index == HostMemory::no_register && m.displacement == attention_distance && m.size == 4 && !m.writes)
        return {};
    if (m.index != HostMemory::no_register || m.displacement < 0 ||
        m.displacement + m.size > static_cast<i64>(sizeof(CpuState)))
        return "not within CpuState";
    return {};
}

/// By r14; nothing if it is outside of all tables.
std::optional<Place> Check::place_of(const HostMemory& m) const {
    if (m.base != 14) return std::nullopt;
    const bool indexed = m.index != HostMemory::no_register;
    const i64 in_tlb = m.displacement + table_bias;
    if (in_tlb >= 0 && in_tlb < static_cast<i64>(2 * sizeof(Mmu::FastTlb))) {
        const auto one = static_cast<i64>(sizeof(Mmu::FastTlb));
        const auto field = static_cast<std::size_t>(in_tlb % one);
        const bool user = in_tlb >= one;
        if (!indexed) return std::nullopt;
        if (field == offsetof(Mmu::FastTlb, read_tag) && m.factor == 4) return Place{Place::What::tag, user};
        if (field == offsetof(Mmu::FastTlb, write_tag) && m.factor == 4) return Place{Place::What::tag, user, true};
        if (field == offsetof(Mmu::FastTlb, addend) && m.factor == 8) return Place{Place::What::addend, user, false};
        return std::nullopt;
    }
    const i64 in_runtime = m.displacement - m_runtime_distance;
    if (in_runtime < 0 || in_runtime + m.size > static_cast<i64>(sizeof(Runtime))) return std::nullopt;
    const auto field = static_cast<std::size_t>(in_runtime);
    constexpr std::size_t slots = offsetof(Runtime, shared), slots_end = slots + sizeof(Runtime::shared);
    if (!indexed && field >= slots && field < slots_end && m.size == 8 && (field - slots) % 8 == 0)
        return Place{.what = Place::What::slot, .slot = static_cast<u32>((field - slots) / 8)};
    constexpr std::size_t own = offsetof(Runtime, own_targets), own_end = own + sizeof(Runtime::own_targets);
    if (field >= own && field < own_end) {
        if (indexed || m.size != 8 || m.writes) return std::nullopt;
        const bool code = (field - own) % sizeof(Runtime::OwnTarget) == offsetof(Runtime::OwnTarget, code);
        return Place{.what = code ? Place::What::pointer : Place::What::other};
    }
    if (!indexed && field == offsetof(Runtime, window)) return Place{.what = Place::What::window};
    if (!indexed)
        return field < offsetof(Runtime, leave) ? Place{.what = Place::What::pointer, .field = field} : Place{};
    if (field == offsetof(Runtime, jumps) + offsetof(Runtime::JumpTarget, code))
        return Place{Place::What::pointer, false, false};
    if (field == offsetof(Runtime, arrivals) && m.factor == 8) return Place{Place::What::counter};
    return field >= offsetof(Runtime, jumps) ? std::optional(Place{}) : std::nullopt;
}

std::string Check::check_tables(const HostMemory& m, std::span<const u8> bytes) {
    const auto place = place_of(m);
    if (!place) return "not within the TLB or the engine's tables";
    if (m.index != HostMemory::no_register && (m.index < 9 || m.index > 12)) return "the index is no scratch register";
    const bool indexed = m.index != HostMemory::no_register;
    if (m.writes && place->what == Place::What::slot) {
        if (!begins_with(bytes, stores_r11_by_r14) || !m_range) return "a slot is for the address of a range";
        m_slots[place->slot] = m_range;
        return {};
    }
    const auto field = static_cast<std::size_t>(m.displacement - m_runtime_distance);
    const bool engines = field == offsetof(Runtime, thread_stack) || field == offsetof(Runtime, return_top) ||
                         field == offsetof(Runtime, code) || field == offsetof(Runtime, context) ||
                         field == offsetof(Runtime, own_context) || field == offsetof(Runtime, site) ||
                         field == offsetof(Runtime, link) || field == offsetof(Runtime, left_from) ||
                         field - offsetof(Runtime, called) < sizeof(Runtime::called);
    const bool writable = indexed ? place->what == Place::What::counter : place->what == Place::What::other;
    if (m.writes && (engines || !writable)) return "writes what generated code only reads";
    m_loaded = place;
    m_loaded->index = m.index;
    if (place->what == Place::What::tag) {
        m_tag = m_loaded;
        m_tag->range = std::max(std::exchange(m_asked, 0), 1u);
    }
    return {};
}

std::string Check::check_links() const {
    for (std::size_t i = 0; i < m_block.links.size(); ++i) {
        const Link& link = m_block.links[i];
        const auto jump = std::find_if(m_lines.begin(), m_lines.end(), [&](const Line& line) {
            return line.offset + line.insn.length == link.patch + 4;
        });
        const bool good = jump != m_lines.end() && jump->insn.relative && jump->insn.length >= 5 &&
                          jump->offset + jump->insn.target == link.stub;
        if (!good)
            return fmt::format("link {}: +{:x} is not the displacement of a jump to +{:x}", i, link.patch, link.stub);
    }
    return {};
}

} // namespace

std::string Verifier::check(const Block& block, const Mode& mode, std::span<const u8> code) const {
    return Check(block, mode, code, m_runtime_distance, m_decoder).run();
}

} // namespace ringshift::bt
