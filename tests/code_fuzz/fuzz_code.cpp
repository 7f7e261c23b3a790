// Two sources of pieces. RandomCode (tests/insn) makes instructions of every kind that a host process can run too, on
// well-behaved data. What is made here misbehaves: operands at the ends of pages and segments, in pages that are
// absent, read-only, the supervisor's, of registers or of code; jumps, calls, returns and loops from slot to slot;
// segment loads, flags, ports, tables, page table entries; stores into code, the running block's included.
//
// A piece is a few instructions without a jump into it. Pieces fill slots of 32 bytes, so that a handler knows where
// the next one begins; NOPs fill the rest. A piece's jump is put in when it is placed.
#include "fuzz_code.h"

namespace ringshift {

namespace {

constexpr u8 esp = 4, ebp = 5;

/// One memory form: what stands in front of ModRM, its register field (8: any register, 9: any but ESP and EBP), and
/// bytes of immediate behind it (4: of the operand size).
struct Form {
    u8 escape; ///< 0, 0F, or the one-byte prefix 66, F2, F3 in front of 0F
    u8 opcode;
    u8 field;
    u8 immediate = 0;
    bool lockable = false;
};

constexpr u8 sse = 0x66, rep = 0xF3, scalar = 0xF2;

constexpr Form forms[] = {
    {0, 0x00, 8, 0, true}, {0, 0x01, 8, 0, true}, {0, 0x29, 8, 0, true}, {0, 0x31, 8, 0, true},
    {0, 0x11, 8, 0, true}, {0, 0x19, 8, 0, true}, {0, 0x02, 9},          {0, 0x03, 9},
    {0, 0x13, 9},          {0, 0x3B, 8},          {0, 0x39, 8},          {0, 0x38, 8},
    {0, 0x2B, 9},          {0, 0x0B, 9},          {0, 0x88, 8},          {0, 0x89, 8},
    {0, 0x89, 8},          {0, 0x8A, 9},          {0, 0x8B, 9},          {0, 0x8B, 9},
    {0, 0xC6, 0, 1},       {0, 0xC7, 0, 4},       {0, 0x84, 8},          {0, 0x85, 8},
    {0, 0x86, 9},          {0, 0x87, 9, 0, true}, {0, 0x80, 0, 1, true}, {0, 0x81, 5, 4, true},
    {0, 0x83, 1, 1, true}, {0, 0x83, 7, 1},       {0, 0x81, 7, 4},       {0, 0x82, 6, 1},
    {0, 0xF6, 0, 1},       {0, 0xF7, 0, 4},       {0, 0xF7, 2, 0, true}, {0, 0xF6, 3, 0, true},
    {0, 0xF7, 3},          {0, 0xF7, 4},          {0, 0xF6, 5},          {0, 0xF7, 5},
    {0, 0xF7, 6},          {0, 0xF6, 6},          {0, 0xF7, 7},          {0, 0xFE, 0, 0, true},
    {0, 0xFE, 1},          {0, 0xFF, 0, 0, true}, {0, 0xFF, 1, 0, true}, {0, 0xFF, 6},
    {0, 0xFF, 6},          {0, 0x8F, 0},          {0, 0x8F, 0},          {0, 0xC0, 4, 1},
    {0, 0xC1, 7, 1},       {0, 0xC1, 2, 1},       {0, 0xD0, 3},          {0, 0xD1, 5},
    {0, 0xD2, 0},          {0, 0xD3, 1},          {0, 0xD3, 4},          {0, 0x8D, 9},
    {0, 0x62, 9},          {0, 0x69, 9, 4},       {0, 0x6B, 9, 1},       {0, 0x8C, 3},
    {0, 0x63, 9},          {0x0F, 0xAF, 9},       {0x0F, 0xB6, 9},       {0x0F, 0xB7, 9},
    {0x0F, 0xBE, 9},       {0x0F, 0xBF, 9},       {0x0F, 0x44, 9},       {0x0F, 0x4F, 9},
    {0x0F, 0x42, 9},       {0x0F, 0x92, 0},       {0x0F, 0x95, 0},       {0x0F, 0xBC, 9},
    {0x0F, 0xBD, 9},       {0x0F, 0xA3, 8},       {0x0F, 0xAB, 8},       {0x0F, 0xB3, 8, 0, true},
    {0x0F, 0xBA, 5, 1},    {0x0F, 0xBA, 4, 1},    {0x0F, 0xBA, 7, 1},    {0x0F, 0xA4, 8, 1},
    {0x0F, 0xAD, 8},       {0x0F, 0xB0, 8, 0, 1}, {0x0F, 0xB1, 8, 0, 1}, {0x0F, 0xC0, 9, 0, 1},
    {0x0F, 0xC1, 9, 0, 1}, {0x0F, 0xC7, 1, 0, 1}, {0x0F, 0x10, 8},       {0x0F, 0x11, 8},
    {0x0F, 0x28, 8},       {0x0F, 0x29, 8},       {sse, 0x6F, 8},        {sse, 0x7F, 8},
    {rep, 0x6F, 8},        {rep, 0x7F, 8},        {0x0F, 0x6F, 8},       {0x0F, 0x7F, 8},
    {0x0F, 0x58, 8},       {scalar, 0x59, 8},     {sse, 0xFE, 8},        {sse, 0xD6, 8},
    {0x0F, 0xAE, 0},       {0x0F, 0xAE, 1},       {0x0F, 0xAE, 2},       {0x0F, 0xAE, 3},
    {0, 0xD9, 0},          {0, 0xD9, 2},          {0, 0xD9, 3},          {0, 0xDB, 5},
    {0, 0xDB, 7},          {0, 0xDD, 0},          {0, 0xDD, 3},          {0, 0xDF, 7},
    {0, 0xDF, 5},          {0, 0xD8, 1},          {0, 0xDC, 4},          {0, 0xD9, 5},
    {0, 0xD9, 7},          {0, 0xD9, 6},          {0, 0xDD, 6},          {0, 0xDF, 4},
    {0, 0xDD, 7},          {sse, 0x10, 8},        {sse, 0x29, 8},        {scalar, 0x11, 8},
    {rep, 0x10, 8},        {sse, 0x2A, 8},
};

struct Piece {
    Bytes bytes;
    u8 relative = 0; ///< bytes of the displacement at the end of `bytes`, or 0
    u32 target = 0;  ///< offset in the arena that it leads to
};

class FuzzCode {
  public:
    FuzzCode(GuestProgram& program, u64 seed)
        : m_p(program), m_values(seed), m_plain(seed ^ 0x5555, {program.code32() ? 32u : 16u, false}),
          m_fp(seed ^ 0xAAAA, {program.code32() ? 32u : 16u, true}) {
        m_fp_often = chance(5);
        m_wild = 4 + below(60);
    }

    /// A piece of at most `room` bytes to stand in slot `slot`.
    Piece piece(u32 slot, u32 room) {
        for (;;) {
            m_front.clear();
            Piece p = make(slot);
            p.bytes.insert(p.bytes.begin(), m_front.begin(), m_front.end());
            if (p.bytes.size() <= room) return p;
            if (room < guest::slot_size) return {};
        }
    }

  private:
    bool wide() const { return m_p.code32(); }
    unsigned below(std::size_t n) { return m_values.below(n); }
    bool chance(unsigned n) { return m_values.chance(n); }
    void put(Bytes& b, u32 value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) b.push_back(static_cast<u8>(value >> (8 * i)));
    }
    u8 any_register() {
        static constexpr u8 list[] = {0, 1, 2, 3, 6, 7};
        return list[below(6)];
    }
    /// MOV register, value with 32 bits.
    void load32(Bytes& b, u8 number, u32 value) {
        if (!wide()) b.push_back(0x66);
        b.push_back(static_cast<u8>(0xB8 | number));
        put(b, value, 4);
    }
    /// The same with the code's own size.
    void load(Bytes& b, u8 number, u32 value) {
        b.push_back(static_cast<u8>(0xB8 | number));
        put(b, value, wide() ? 4 : 2);
    }
    /// MOV word [address], value, or dword.
    void store(Bytes& b, u32 address, u32 value, bool dword) {
        if (dword != wide()) b.push_back(0x66);
        b.push_back(0xC7);
        b.push_back(wide() ? 5 : 6);
        put(b, address, wide() ? 4 : 2);
        put(b, value, dword ? 4 : 2);
    }
    /// An arena offset as an address operand says it.
    u32 at(u32 offset) const { return wide() ? guest::arena + offset : offset; }

    u32 near_end() { return 0x1000u - below(17); }
    u32 code_offset() { return below(m_p.code_size()); }
    u32 some_slot(u32 from) {
        const u32 slot = chance(2) ? from + below(8) - 3 : below(m_p.slots);
        return slot % m_p.slots * m_p.stride;
    }

    /// Where an operand might lie: an offset in a flat segment or in the arena's.
    u32 place() {
        const u32 inside = chance(3) ? near_end() : below(0x1000);
        const u32 zone_page = below(16) * 0x1000;
        switch (below(16)) {
        case 0:
        case 1:
        case 2: return at(guest::data + below(0x1800));
        case 3: return at(guest::data + below(0x2000)) & ~15u;
        case 4: return at(guest::stack - 64 + below(80));
        case 5: return at(0xFFF0 + below(20));
        case 6: return chance(m_wild) ? at(code_offset()) : at(guest::data + 0xFF0 + below(32));
        case 7: return chance(2) ? 0xFFFFFFF0u + below(32) : m_values.integer();
        case 8: return m_p.supervisor() && m_p.paging ? 0x10000 + below(0x10000) : below(0x20000);
        case 9: return wide() ? guest::zone + 0x7FF0 + below(32) : 0x7DF8 + below(16);
        default: return wide() ? guest::zone + zone_page + inside : 0x8000 + below(7) * 0x1000 + inside;
        }
    }

    /// ModRM and what follows, with registers loaded in front; adds an address size prefix to `prefixes`.
    void memory(Bytes& prefixes, Bytes& b, u8 field) {
        const u32 where = place();
        const auto reg = static_cast<u8>(field << 3);
        if (chance(7)) {
            static constexpr u8 overrides[] = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};
            prefixes.push_back(overrides[below(6)]);
        }
        bool form32 = wide();
        if (chance(wide() ? 20 : 3)) {
            prefixes.push_back(0x67);
            form32 = !form32;
        }
        if (!form32) {
            const u8 rm = static_cast<u8>(below(8)), mode = static_cast<u8>(below(3));
            b.push_back(static_cast<u8>(mode << 6 | reg | rm));
            if (mode == 0 && rm == 6) return put(b, where, 2);
            if (chance(4)) return put(b, m_values.integer(), mode); // registers as they are
            static constexpr u8 first[] = {3, 3, ebp, ebp, 6, 7, ebp, 3};
            const u32 displacement = mode == 0 ? 0 : m_values.integer() & (mode == 1 ? 0x7F : 0xFFFF);
            if (first[rm] != ebp) load(m_front, first[rm], where - displacement);
            put(b, displacement, mode);
            return;
        }
        switch (below(6)) {
        case 0:
            b.push_back(static_cast<u8>(5 | reg));
            put(b, where, 4);
            return;
        case 1:
        case 2: { // [register + disp]
            const u8 base = any_register(), mode = static_cast<u8>(below(3));
            const u32 raw = mode == 0 ? 0 : m_values.integer();
            const u32 displacement = mode == 1 ? static_cast<u32>(static_cast<i8>(raw)) : raw;
            if (!chance(10)) load32(m_front, base, where - displacement);
            b.push_back(static_cast<u8>((mode == 2 ? 0x80 : mode << 6) | reg | base));
            put(b, displacement, mode == 2 ? 4 : mode);
            return;
        }
        case 3: { // [base + index * scale + disp]
            const u8 base = static_cast<u8>(chance(4) ? esp : any_register()), index = any_register(),
                     scale = static_cast<u8>(below(4));
            const u32 displacement = chance(2) ? 0 : below(256) - 128;
            u32 value = m_values.integer();
            if (base != esp && base != index) {
                load32(m_front, index, value);
                load32(m_front, base, where - (value << scale) - displacement);
            } else if (base == esp) {
                value = below(64);
                load32(m_front, index, value);
            }
            b.push_back(static_cast<u8>(0x44 | reg));
            b.push_back(static_cast<u8>(scale << 6 | index << 3 | base));
            put(b, displacement, 1);
            return;
        }
        case 4: { // [index * scale + disp32]
            const u8 index = any_register(), scale = static_cast<u8>(below(4));
            const u32 value = m_values.integer();
            load32(m_front, index, value);
            b.push_back(static_cast<u8>(4 | reg));
            b.push_back(static_cast<u8>(scale << 6 | index << 3 | 5));
            put(b, where - (value << scale), 4);
            return;
        }
        default: // [ESP + disp], [EBP + disp]
            if (chance(2)) {
                b.push_back(static_cast<u8>(0x44 | reg));
                b.push_back(0x24);
            } else {
                b.push_back(static_cast<u8>(0x45 | reg));
            }
            b.push_back(static_cast<u8>(below(96)));
        }
    }

    Piece memory_form() {
        const Form& form = forms[below(std::size(forms))];
        Bytes prefixes, b;
        bool small = !wide();
        const bool fp_prefix = form.escape == sse || form.escape == rep || form.escape == scalar;
        if (!fp_prefix && chance(4) && !(form.escape == 0x0F && form.opcode < 0x40) &&
            !(form.escape == 0x0F && form.opcode < 0x80 && form.opcode > 0x50)) {
            prefixes.push_back(0x66);
            small = !small;
        }
        if (form.lockable && chance(8)) prefixes.push_back(0xF0);
        if (fp_prefix) prefixes.push_back(form.escape);
        if (form.escape) b.push_back(0x0F);
        b.push_back(form.opcode);
        const u8 field = form.field == 8 ? static_cast<u8>(below(8)) : form.field == 9 ? any_register() : form.field;
        memory(prefixes, b, field);
        put(b, m_values.integer(), form.immediate == 4 ? (small ? 2 : 4) : form.immediate);
        b.insert(b.begin(), prefixes.begin(), prefixes.end());
        return {b};
    }

    Piece jump(u32 slot) {
        Piece p;
        p.target = some_slot(slot);
        p.relative = wide() ? 4 : 2;
        Bytes& b = p.bytes;
        switch (below(12)) {
        case 0:
        case 1:
        case 2: // Jcc, perhaps after a comparison
            if (chance(2)) b = {static_cast<u8>(0x38 | below(4)), static_cast<u8>(0xC0 | below(64))};
            b.push_back(0x0F);
            b.push_back(static_cast<u8>(0x80 | below(16)));
            break;
        case 3: b = {0xE9}; break;
        case 4:
        case 5: b = {0xE8}; break;
        case 6: { // a counted loop: DEC byte, JNZ
            p.target = ((slot - below(4)) % m_p.slots) * m_p.stride;
            b = {0xFE, static_cast<u8>(wide() ? 0x0D : 0x0E)};
            put(b, at(guest::counters + below(16)), wide() ? 4 : 2);
            b.push_back(0x0F);
            b.push_back(0x85);
            break;
        }
        case 7: // LOOPcc, JECXZ within reach
            p.target = (slot - below(3)) % m_p.slots * m_p.stride;
            if (chance(2)) load(b, 1, 1 + below(40));
            if (chance(5)) b.push_back(0x67);
            b.push_back(static_cast<u8>(0xE0 | below(4)));
            p.relative = 1;
            break;
        case 8: { // by a register
            const u8 r = any_register();
            load(b, r, at(p.target));
            b.push_back(0xFF);
            b.push_back(static_cast<u8>((chance(2) ? 0xD0 : 0xE0) | r));
            p.relative = 0;
            break;
        }
        case 9: { // by memory
            const u32 cell = at(guest::data + 0x1E00 + 4 * below(64));
            store(b, cell, at(p.target), wide());
            b.push_back(0xFF);
            b.push_back(static_cast<u8>((chance(2) ? 0x10 : 0x20) | (wide() ? 5 : 6)));
            put(b, cell, wide() ? 4 : 2);
            p.relative = 0;
            break;
        }
        case 10: // by a return address of our own
            b = {0x68};
            put(b, at(p.target), wide() ? 4 : 2);
            if (chance(3)) {
                b.push_back(0xC2);
                put(b, below(4) * 4, 2);
            } else {
                b.push_back(0xC3);
            }
            p.relative = 0;
            break;
        default: // by one that is there
            b = {0xC3};
            p.relative = 0;
            break;
        }
        return p;
    }

    /// The stack pointer back where there is room; sometimes its end or none.
    Piece stack() {
        Bytes b;
        switch (m_p.supervisor() && m_p.kind != GuestKind::real ? 0 : below(8)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4: load(b, esp, at(guest::stack - 4 * below(64))); break;
        case 5: load(b, esp, at(0x10000 - below(6))); break;
        case 6: load(b, esp, place()); break;
        default: load32(b, esp, m_values.integer()); break;
        }
        if (chance(2)) load(b, ebp, at(guest::data));
        return {b};
    }

    Piece string() {
        Bytes b;
        static constexpr u8 list[] = {0xA4, 0xA6, 0xAA, 0xAC, 0xAE, 0x6C, 0x6E, 0xA4, 0xAA};
        const u8 op = static_cast<u8>(list[below(std::size(list))] | below(2));
        const bool writes = op < 0xA6 || op == 0xAA || op == 0xAB || op < 0x6E;
        if (chance(4)) b.push_back(0xFD);
        const auto index = [&](u8 number) {
            if (!wide() && chance(2))
                load(b, number, 0x8000 + below(0x8000));
            else
                load32(b, number, place());
        };
        index(6);
        index(7);
        if (writes && chance(m_wild) && chance(2)) load(b, 7, at(code_offset()));
        load(b, 1, chance(4) ? below(3000) : below(40));
        if (chance(6)) b.push_back(0x67);
        if (chance(4)) b.push_back(0x66);
        if (chance(8)) b.push_back(0x65);
        if (!chance(4)) b.push_back(chance(2) ? 0xF3 : 0xF2);
        b.push_back(op);
        if (!chance(8)) b.push_back(0xFC);
        return {b};
    }

    /// Stores that hit code.
    Piece self_modifying(u32 slot) {
        Bytes b;
        const u32 here = slot * m_p.stride;
        switch (below(6)) {
        case 0: { // the immediate of an instruction shortly behind; the piece begins at an unknown place in its slot
            b = {0xB0, 0x11, 0x04, 0x11};       // MOV AL, imm; ADD AL, imm
            Bytes front{static_cast<u8>(0xE8)}; // CALL next; POP EBX: where we are
            put(front, 0, wide() ? 4 : 2);
            front.push_back(0x5B);
            // MOV byte [EBX + n], imm: in 16-bit code [BX + n]
            const u8 distance = static_cast<u8>(1 + 5 + (chance(2) ? 0 : 2));
            front.insert(front.end(),
                         {0x2E, 0xC6, static_cast<u8>(wide() ? 0x43 : 0x47), distance, static_cast<u8>(below(256))});
            if (m_p.kind != GuestKind::real)
                front.erase(front.end() - 5); // CS cannot be written otherwise
            else
                front[front.size() - 2] = static_cast<u8>(distance + 1);
            front.insert(front.end(), b.begin(), b.end());
            return {front};
        }
        case 1: // one slot over another, by string move
            load(b, 6, at(some_slot(slot)));
            load(b, 7, at(some_slot(slot)));
            load(b, 1, wide() ? 8 : 16);
            b.insert(b.end(), {0xFC, 0xF3, 0xA5});
            return {b};
        case 2: { // the same by SSE, 16 bytes
            b = {0x0F, 0x28, static_cast<u8>(wide() ? 0x05 : 0x06)};
            put(b, at(some_slot(slot) + 16 * below(2)), wide() ? 4 : 2);
            b.insert(b.end(), {0x0F, 0x29, static_cast<u8>(wide() ? 0x05 : 0x06)});
            put(b, at(some_slot(slot)), wide() ? 4 : 2);
            return {b};
        }
        case 3: // what is there already: nothing changes, but it is a store
            b = {static_cast<u8>(wide() ? 0xA1 : 0xA1)};
            put(b, at(some_slot(slot) + below(28)), wide() ? 4 : 2);
            b.push_back(0xA3);
            put(b, at(here + below(28)), wide() ? 4 : 2);
            if (!chance(6)) return {};
            return {b};
        case 4: { // XCHG of an entry of a slot with NOPs, and back
            const u32 target = at(some_slot(slot));
            for (int i = 0; i < 2; ++i) {
                b.insert(b.end(), {0x87, static_cast<u8>(wide() ? 0x05 : 0x06)});
                put(b, target, wide() ? 4 : 2);
            }
            return {b};
        }
        default: // one byte, anywhere
            if (!chance(m_wild / 2)) return {};
            b = {0xC6, static_cast<u8>(wide() ? 0x05 : 0x06)};
            put(b, at(code_offset()), wide() ? 4 : 2);
            b.push_back(static_cast<u8>(m_values.bits()));
            return {b};
        }
    }

    Piece flags() {
        const unsigned size = wide() ? 4 : 2;
        switch (below(8)) {
        case 0: return {{static_cast<u8>(0xF8 | below(2))}};
        case 1: return {{0xF5}};
        case 2: return {{static_cast<u8>(0xFC | below(2))}};
        case 3: return {{static_cast<u8>(0x9E | below(2))}};
        case 4: return {{0x9C, 0x9D}};
        case 5: return {{static_cast<u8>(0xFA | below(2))}};
        default: {
            Bytes b{0x68};
            u32 value = m_values.integer() & 0x254FD5;
            if (!chance(6)) value &= ~0x100u;
            if (!chance(4)) value &= ~0x40000u;
            if (!chance(4)) value |= 0x200;
            put(b, value, size);
            b.push_back(0x9D);
            return {b};
        }
        }
    }

    u16 selector() {
        if (m_p.kind == GuestKind::real || m_p.kind == GuestKind::v86) {
            static constexpr u16 list[] = {0x1000, 0x1000, 0x1001, 0x0FFF, 0x1800, 0x2000, 0xFFFF};
            return list[below(std::size(list))];
        }
        static constexpr u16 list[] = {guest::data0,   guest::data3,  guest::data16_3,     guest::data16_0,
                                       guest::small,   guest::down32, guest::down16,       guest::read_only,
                                       guest::absent,  guest::code3,  guest::execute_only, guest::limited,
                                       guest::limited, guest::down32, guest::small,        0,
                                       guest::task,    guest::count,  guest::conforming,   guest::down16};
        return static_cast<u16>(list[below(std::size(list))] | (m_p.supervisor() ? 0 : 3));
    }

    /// MOV to a segment register and back to one that works, or PUSH and POP.
    Piece segment() {
        static constexpr u8 registers[] = {0, 4, 5, 4, 5, 3}; // ES FS GS FS GS DS
        const u8 to = registers[below(6)];
        Bytes b;
        const u8 r = any_register();
        const u16 good = static_cast<u16>(m_p.kind == GuestKind::real || m_p.kind == GuestKind::v86 ? 0x1000
                                          : wide() ? (m_p.supervisor() ? guest::data0 : guest::data3 | 3)
                                                   : (m_p.supervisor() ? guest::data16_0 : guest::data16_3 | 3));
        load(b, r, chance(3) || (to == 3 && !chance(4)) ? good : selector());
        b.push_back(0x8E);
        b.push_back(static_cast<u8>(0xC0 | to << 3 | r));
        if (to == 3 && chance(2)) { // use it, then mend it
            b.insert(b.end(), {0x89, static_cast<u8>(wide() ? 0x05 : 0x06)});
            put(b, place(), wide() ? 4 : 2);
            load(b, r, good);
            b.insert(b.end(), {0x8E, static_cast<u8>(0xC0 | to << 3 | r)});
        }
        return {b};
    }

    /// SS: only what a handler can stand on, if it shares the stack.
    Piece stack_segment() {
        if (m_p.kind == GuestKind::real) return {{0x16, 0x17}}; // PUSH SS, POP SS
        Bytes b;
        const u8 r = any_register();
        const u16 rpl = m_p.supervisor() ? 0 : 3;
        if (rpl == 0 || m_p.kind == GuestKind::v86)
            return {{0x8C, static_cast<u8>(0xD0 | r), 0x8E, static_cast<u8>(0xD0 | r)}};
        static constexpr u16 list[] = {guest::data3, guest::data16_3, guest::small_stack, guest::limited,
                                       guest::down16};
        load(b, r, list[below(5)] | 3u);
        b.insert(b.end(), {0x8E, static_cast<u8>(0xD0 | r)});
        load32(b, esp, chance(2) ? guest::stack : at(guest::stack));
        return {b};
    }

    Piece sensitive() {
        const u8 r = any_register();
        const u8 reg = static_cast<u8>(0xC0 | r);
        Bytes prefixes, b;
        switch (below(12)) {
        case 0: return {{0x0F, 0x01, static_cast<u8>(0xE0 | r)}};            // SMSW
        case 1: return {{0x0F, 0x00, static_cast<u8>(reg | below(2) << 3)}}; // SLDT, STR
        case 2: return {{0x0F, static_cast<u8>(0x02 | below(2)), static_cast<u8>(0xC0 | any_register() << 3 | r)}};
        case 3:
            load(b, r, selector());
            b.insert(b.end(), {0x0F, 0x00, static_cast<u8>(reg | (4 + below(2)) << 3)}); // VERR, VERW
            return {b};
        case 4:
            b = {0x0F, 0x01};
            memory(prefixes, b, static_cast<u8>(below(2))); // SGDT, SIDT
            b.insert(b.begin(), prefixes.begin(), prefixes.end());
            return {b};
        case 5: return {{0x0F, 0xA2}};
        case 6: return {{0x0F, 0x31}};
        case 7: return {{static_cast<u8>(0xCD), static_cast<u8>(0x30 | below(16))}};
        case 8: return {{static_cast<u8>(chance(2) ? 0xCC : 0xCE)}};
        case 9: return {{static_cast<u8>(0xCD), static_cast<u8>(m_values.bits())}};
        case 10: return {{0x0F, 0x0B}};
        default: return {{0x0F, static_cast<u8>(chance(8) ? 0x34 : 0x31)}}; // SYSENTER
        }
    }

    Piece system_call() {
        const u8 action = static_cast<u8>(m_p.other_space && chance(2) ? 4 : below(8));
        Bytes b{0xB0, action, 0xCD, static_cast<u8>(0x30 | below(16))};
        return {b};
    }

    Piece ports() {
        Bytes b;
        if (chance(2)) load(b, 2, below(chance(2) ? 64 : 0x10000));
        if (chance(4)) b.push_back(0x66);
        if (chance(2)) {
            b.push_back(static_cast<u8>(0xEC | below(4)));
        } else {
            b.push_back(static_cast<u8>(0xE4 | below(4)));
            b.push_back(static_cast<u8>(m_values.bits()));
        }
        return {b};
    }

    Piece privileged() {
        const u8 r = any_register();
        Bytes prefixes, b;
        switch (below(12)) {
        case 0: return {{0x0F, 0x20, static_cast<u8>(0xC0 | (below(2) ? 0 : 4) << 3 | r)}}; // MOV r, CR0 or CR4
        case 1: // CR3 as it is, or the other address space
            if (m_p.other_space && wide() && chance(2))
                return {{0x0F, 0x20, static_cast<u8>(0xD8 | r), 0x81, static_cast<u8>(0xF0 | r), 0x00, 0x10, 0x00, 0x00,
                         0x0F, 0x22, static_cast<u8>(0xD8 | r)}};
            return {{0x0F, 0x20, static_cast<u8>(0xD8 | r), 0x0F, 0x22, static_cast<u8>(0xD8 | r)}};
        case 2: // CR0 as it is, or with TS, MP, WP or AM turned over
            b = {0x0F, 0x20, static_cast<u8>(0xC0 | r), 0x66, 0x0F, 0xBA, static_cast<u8>(0xF8 | r)};
            if (wide()) b.erase(b.begin() + 3);
            {
                static constexpr u8 bits[] = {3, 1, 16, 18, 5};
                b.push_back(bits[below(5)]);
            }
            b.insert(b.end(), {0x0F, 0x22, static_cast<u8>(0xC0 | r)});
            return {b};
        case 3:
            b = {0x0F, 0x01};
            memory(prefixes, b, 7); // INVLPG
            b.insert(b.begin(), prefixes.begin(), prefixes.end());
            return {b};
        case 4: return {{0x0F, 0x06}};
        case 5:
        case 6: return page_entry();
        case 7: return {{0x0F, 0x21, static_cast<u8>(0xF0 | r), 0x0F, 0x21, static_cast<u8>(0xF8 | r)}};
        case 8: // a breakpoint on some code or data
            if (!chance(6)) return {};
            load32(b, r, chance(2) ? m_p.arena_at() + code_offset() : m_p.arena_at() + guest::data + below(256));
            b.insert(b.end(), {0x0F, 0x23, static_cast<u8>(0xC0 | r)});
            load32(b, r, 0x400 | 1u | (chance(2) ? 0x10000 : chance(2) ? 0xF0000 : 0));
            b.insert(b.end(), {0x0F, 0x23, static_cast<u8>(0xF8 | r)});
            return {b};
        case 9: // RDMSR of SYSENTER's, WRMSR of the same value
            load32(b, 1, 0x174 + below(3));
            b.insert(b.end(), {0x0F, 0x32, 0x0F, 0x30});
            return {b};
        case 10: // the tables' registers, stored and loaded again
            b = {0x0F, 0x01, static_cast<u8>(wide() ? 0x05 : 0x06)};
            {
                const u8 which = static_cast<u8>(below(2) << 3);
                b[2] = static_cast<u8>(b[2] | which);
                put(b, at(guest::data + 0x1F80), wide() ? 4 : 2);
                b.insert(b.end(), {0x0F, 0x01, static_cast<u8>((wide() ? 0x15 : 0x16) | which)});
                put(b, at(guest::data + 0x1F80), wide() ? 4 : 2);
            }
            if (!wide()) return {};
            return {b};
        default: // PGE turned over and back: all is flushed
            b = {0x0F, 0x20, static_cast<u8>(0xE0 | r), 0x66, 0x83, static_cast<u8>(0xF0 | r), 0x7F,
                 0x0F, 0x22, static_cast<u8>(0xE0 | r)};
            b[6] = 0; // CR4 as it is
            return {b};
        }
    }

    /// Another entry for a page of the zone, and INVLPG of it.
    Piece page_entry() {
        if (m_p.kind != GuestKind::flat0) return {};
        const u32 page = below(16);
        Bytes b;
        store(b, (chance(8) ? guest::zone_table2 : guest::zone_table) + 4 * page,
              zone_entry(page, below(zone_choices + 4)), true);
        b.insert(b.end(), {0x0F, 0x01, 0x3D});
        put(b, guest::zone + page * 0x1000, 4);
        return {b};
    }

    /// To the other code segment with the same privilege, at the slot's offset in it.
    Piece far(u32 slot) {
        Bytes b;
        const u32 target = some_slot(slot);
        if (m_p.kind == GuestKind::real || m_p.kind == GuestKind::v86) {
            b = {static_cast<u8>(chance(2) ? 0xEA : 0x9A)};
            put(b, target, 2);
            put(b, 0x1000, 2);
            return {b};
        }
        const u16 rpl = m_p.supervisor() ? 0 : 3;
        const bool based = chance(2);
        const u16 cs = static_cast<u16>(!wide() ? (rpl ? guest::code16_3 : guest::code16_0)
                                        : based ? (rpl ? guest::based_code3 : guest::based_code0)
                                                : (rpl ? guest::code3 : guest::code0));
        b = {static_cast<u8>(chance(2) ? 0xEA : 0x9A)};
        put(b, wide() && !based ? guest::arena + target : target, wide() ? 4 : 2);
        put(b, cs | rpl, 2);
        if (chance(4)) return {{0xCB}};
        return {b};
    }

    Piece plain(RandomCode& source, std::vector<Bytes>& pool) {
        if (pool.empty()) pool = source.sequence();
        Bytes b = std::move(pool.back());
        pool.pop_back();
        return {b};
    }

    Piece make(u32 slot) {
        const unsigned what = below(100);
        if (what < 28) return plain(m_plain, m_plain_pool);
        if (what < (m_fp_often ? 46u : 32u)) return plain(m_fp, m_fp_pool);
        if (what < 60) return memory_form();
        if (what < 76) return jump(slot);
        if (what < 80) return stack();
        if (what < 83) return string();
        if (what < 85) return self_modifying(slot);
        if (what < 88) return flags();
        if (what < 90) return segment();
        if (what < 91) return stack_segment();
        if (what < 93) return sensitive();
        if (what < 94) return ports();
        if (what < 95) return system_call();
        if (what < 96) return far(slot);
        if (what < 99 || chance(4)) return privileged();
        return {};
    }

    GuestProgram& m_p;
    RandomValues m_values;
    RandomCode m_plain, m_fp;
    std::vector<Bytes> m_plain_pool, m_fp_pool;
    Bytes m_front; ///< instructions in front of the piece in the making
    bool m_fp_often = false;
    unsigned m_wild = 8; ///< one of so many wild stores goes to code
};

} // namespace

FuzzProgram make_fuzz_program(u64 seed) {
    RandomValues values(seed ^ 0xF00D);
    FuzzProgram program;
    GuestProgram& g = program.guest;
    g.seed = seed;
    static constexpr GuestKind kinds[] = {GuestKind::flat0, GuestKind::flat3,    GuestKind::flat3,
                                          GuestKind::flat0, GuestKind::flat3,    GuestKind::code16_0,
                                          GuestKind::real,  GuestKind::code16_3, GuestKind::v86};
    g.kind = kinds[values.below(std::size(kinds))];
    g.slots = 4u << values.below(8);
    if (values.chance(2)) { // 2 or 4 pages of it
        g.slots = 8u << values.below(3);
        g.stride = (values.chance(2) ? 0x2000 : 0x4000) / g.slots;
    }
    g.paging = g.kind == GuestKind::flat0 || g.kind == GuestKind::flat3 || g.kind == GuestKind::v86
                   ? true
                   : g.kind != GuestKind::real && values.below(4) != 0;
    g.other_space = g.paging && values.chance(3);
    const CodeKind kind{g.code32() ? 32u : 16u, true};
    const UserProgram data = random_program(seed, kind, {}, 0);
    g.arena = data.arena;
    for (u32 i = guest::counters; i < guest::stack; i += 4) {
        const u32 value = values.integer();
        std::memcpy(&g.arena[i], &value, 4);
    }
    for (std::size_t i = 0; i < 8; ++i) g.registers[i] = data.state.gpr[i];
    g.flags = data.state.eflags | (values.below(4) << 12) | (values.chance(8) ? flag::df : 0);

    FuzzCode code(g, seed);
    std::fill_n(g.arena.begin(), 0x7E00, u8{0x90});
    const u32 capacity = std::min(g.stride, 5 * guest::slot_size) - (g.stride > guest::slot_size ? 8 : 0);
    for (u32 slot = 0; slot < g.slots; ++slot) {
        const u32 begin = slot * g.stride;
        u32 used = 0;
        for (int tries = 0; tries < (capacity > guest::slot_size ? 16 : 6) && used < capacity; ++tries) {
            const u32 offset = begin + used;
            Piece p = code.piece(slot, std::min(guest::slot_size, capacity - used));
            if (p.bytes.empty()) continue;
            const u32 end = offset + static_cast<u32>(p.bytes.size()) + p.relative;
            if (end > begin + capacity) continue;
            const u32 distance = p.target - end;
            if (p.relative == 1 && distance + 128 > 255) continue;
            for (u32 i = 0; i < p.relative; ++i) p.bytes.push_back(static_cast<u8>(distance >> 8 * i));
            std::copy(p.bytes.begin(), p.bytes.end(), g.arena.begin() + offset);
            program.pieces.push_back({offset, end - offset});
            used = end - begin;
        }
        if (g.stride == guest::slot_size) continue;
        const u32 size = g.code32() ? 5 : 3, end = begin + capacity + size; // JMP to the next slot
        const u32 distance = (slot + 1) % g.slots * g.stride - end;
        g.arena[begin + capacity] = 0xE9;
        for (u32 i = 0; i + 1 < size; ++i) g.arena[begin + capacity + 1 + i] = static_cast<u8>(distance >> 8 * i);
    }
    // The other address space has the same slots in another order.
    for (u32 slot = 0; slot < g.slots; ++slot)
        std::copy_n(g.arena.begin() + (slot ^ 1) * g.stride, g.stride, g.copy.begin() + slot * g.stride);
    return program;
}

GuestProgram FuzzProgram::without(const std::vector<bool>& keep) const {
    GuestProgram result = guest;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        if (!keep[i]) std::fill_n(result.arena.begin() + pieces[i].offset, pieces[i].size, u8{0x90});
    for (u32 slot = 0; slot < guest.slots; ++slot)
        std::copy_n(result.arena.begin() + (slot ^ 1) * guest.stride, guest.stride,
                    result.copy.begin() + slot * guest.stride);
    return result;
}

} // namespace ringshift
