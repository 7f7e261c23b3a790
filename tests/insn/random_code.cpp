// Random instructions whose memory accesses stay in the arena.
//
// The arena's first half is for code, the second for data. EBP points into the middle of the data and is never written
// (where an instruction must change it, the piece puts it back), ESP moves only by pushes and pops. A memory operand
// has EBP as base, or an absolute address, or registers that the same piece has loaded just before. So nothing is
// written over the code, and no random bytes are ever executed: on the host, an INT 80h among them would be a system
// call. In 16-bit code the segments begin at the arena, and addresses are offsets in it.
//
// Integer code is made by opcode. x87, MMX and SSE instructions are random bytes in the opcode's place, taken if the
// decoder knows them; the state that they start from is loaded by FXRSTOR from an image of random registers. What saves
// the x87 environment is followed by stores of zeros over the instruction and data pointers and the opcode, which
// depend on the processor.
//
// Left out, because not even two processors of one maker agree: the results of BSWAP with a 16-bit operand and of
// SHLD and SHRD of 16-bit operands by more than 16, and the flags of decimal adjusts.
#include "random_code.h"

#include "cpu/isa/policy.h"

#include <cstring>

namespace ringshift {

namespace {
// Offsets in the arena.
constexpr u32 data_offset = 0x8000, fpu_image = 0x8800, fxsave_area = 0x8A00, environment_area = 0x8C00,
              loop_counter = 0x8F00, stack_offset = 0xF000;
constexpr u8 ebp = 5;

constexpr unsigned data_begin = data_offset - 0x200, data_size = 0x400;

const Decoder& decoder() {
    static const CpuModel model = CpuModel::by_name("max").release();
    static const Decoder instance(model);
    return instance;
}
} // namespace

/// Neither ESP nor EBP.
u8 RandomCode::writable_register() {
    static constexpr u8 list[] = {0, 1, 2, 3, 6, 7};
    return list[below(std::size(list))];
}

/// What an address operand says for this offset in the arena.
u32 RandomCode::data(unsigned offset) const { return m_kind.bits == 16 ? offset : ARENA_BASE + offset; }

void RandomCode::little_endian(Bytes& b, u32 value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) b.push_back(static_cast<u8>(value >> (8 * i)));
}

/// MOV register, value in front of the instruction: 16 bits of it in 16-bit code.
void RandomCode::load_register(u8 number, u32 value) {
    m_before.push_back(static_cast<u8>(0xB8 | number));
    little_endian(m_before, value, m_kind.bits / 8);
}

u32 RandomCode::displacement(unsigned units) { return below(units / m_alignment) * m_alignment; }

/// ModRM (and SIB) of a memory operand with 32-bit addressing.
void RandomCode::memory(Bytes& b, u8 reg_field) {
    const auto field = static_cast<u8>(reg_field << 3);
    if (chance(3)) {
        at(b, reg_field, data(data_offset + displacement(256)));
    } else if (chance(2)) {
        b.push_back(static_cast<u8>(0x45 | field)); // [EBP + disp8]
        b.push_back(static_cast<u8>(displacement(256)));
    } else if (chance(2)) {
        b.push_back(static_cast<u8>(0x84 | field)); // [EBP + no index * 2 + disp32]
        b.push_back(0x65);
        little_endian(b, displacement(512), 4);
    } else { // [EBP + index * scale + disp32], wrapping at 4 GiB
        static constexpr u8 indexes[] = {0, 1, 2, 3, 6, 7};
        const u8 index = indexes[below(6)], scale = static_cast<u8>(below(4));
        const u32 value = m_values.integer();
        if (m_kind.bits == 16) m_before.push_back(0x66);
        m_before.push_back(static_cast<u8>(0xB8 | index));
        little_endian(m_before, value, 4);
        b.push_back(static_cast<u8>(0x84 | field));
        b.push_back(static_cast<u8>(scale << 6 | index << 3 | ebp));
        little_endian(b, displacement(512) - (value << scale), 4);
    }
}

/// The same with 16-bit addressing; sums wrap at 64 KiB.
void RandomCode::memory16(Bytes& b, u8 reg_field) {
    static constexpr u8 none = 8, bx = 3, si = 6, di = 7;
    static constexpr u8 bases[] = {bx, bx, ebp, ebp, none, none, ebp, bx};
    static constexpr u8 indexes[] = {si, di, si, di, si, di, none, none};
    const u8 rm = static_cast<u8>(below(8)), mode = static_cast<u8>(below(3));
    const auto first = static_cast<u8>(mode << 6 | reg_field << 3 | rm);
    const u32 target = data_offset + displacement(256);
    if (mode == 0 && rm == 6) {
        b.push_back(first);
        little_endian(b, target, 2);
        return;
    }
    u32 offset = mode == 0 ? 0 : mode == 1 ? displacement(128) : m_values.integer();
    if (mode == 1 && chance(2)) offset -= 128;
    const u32 index = m_values.integer();
    u32 rest = target - offset; // what the registers must add up to
    const u8 base_register = bases[rm], index_register = indexes[rm];
    if (base_register == ebp) { // fixed: then the displacement or the index takes the rest
        rest -= data_offset;
        if (index_register == none) {
            if (mode == 2) offset += rest; // else within 128 bytes of the middle
        } else {
            load_register(index_register, rest);
        }
    } else if (base_register == none) {
        load_register(index_register, rest);
    } else if (index_register == none) {
        load_register(base_register, rest);
    } else {
        load_register(base_register, rest - index);
        load_register(index_register, index);
    }
    b.push_back(first);
    little_endian(b, offset, mode);
}

/// ModRM with a register, or a memory operand.
void RandomCode::modrm(Bytes& b, u8 reg_field, bool byte, bool memory_only, bool register_only) {
    if (register_only || (!memory_only && chance(2))) {
        b.push_back(static_cast<u8>(0xC0 | reg_field << 3 | register_number(byte)));
    } else if (m_kind.bits == 16 && !chance(4)) {
        memory16(b, reg_field);
    } else {
        if (m_kind.bits == 16) b.insert(b.begin(), 0x67);
        memory(b, reg_field);
    }
}

/// ModRM with an absolute address.
void RandomCode::at(Bytes& b, u8 reg_field, u32 address) {
    const bool wide = m_kind.bits == 32 || (!b.empty() && b[0] == 0x67);
    b.push_back(static_cast<u8>((wide ? 5 : 6) | reg_field << 3));
    little_endian(b, address, wide ? 4 : 2);
}

/// The prefix, if one is needed. `size`: 2 or 4 bytes.
Bytes RandomCode::with_operand_size(unsigned size) const { return size * 8 == m_kind.bits ? Bytes{} : Bytes{0x66}; }

void RandomCode::zero_words(Bytes& b, u32 address, std::initializer_list<unsigned> offsets) {
    for (const unsigned offset : offsets) {
        Bytes store = with_operand_size(2);
        store.push_back(0xC7);
        at(store, 0, data(address + offset));
        little_endian(store, 0, 2);
        b.insert(b.end(), store.begin(), store.end());
    }
}

std::vector<Bytes> RandomCode::sequence() {
    std::vector<Bytes> result;
    if (m_kind.fp && !chance(8)) {
        Bytes load{0x0F, 0xAE};
        at(load, 1, data(fpu_image)); // FXRSTOR
        result.push_back(load);
    }
    const unsigned count = 1 + below(20);
    for (unsigned i = 0; i < count; ++i) result.push_back(piece());
    return result;
}

Bytes RandomCode::piece() {
    m_before.clear();
    m_alignment = 1;
    Bytes b = !m_kind.fp || chance(4) ? integer_instruction() : chance(10) ? fp_control() : fp_instruction();
    b.insert(b.begin(), m_before.begin(), m_before.end());
    return b;
}

Bytes RandomCode::integer_instruction() {
    const bool word = chance(4) != (m_kind.bits == 16);
    const bool byte = chance(3);
    const unsigned size = byte ? 1 : word ? 2 : 4;
    const u8 w = byte ? 0 : 1;
    const auto reg = [&](bool is_byte) { return register_number(is_byte); };
    const auto reg32 = [&] { return writable_register(); };
    Bytes b = with_operand_size(word ? 2 : 4);
    switch (below(37)) {
    case 0:
    case 1:
    case 2: // ALU, all forms
        switch (below(3)) {
        case 0: b.push_back(static_cast<u8>((below(8) << 3) | w)), modrm(b, reg(byte), byte); break;
        case 1: b.push_back(static_cast<u8>((below(8) << 3) | 2 | w)), modrm(b, reg(byte), byte); break;
        default: b.push_back(static_cast<u8>((below(8) << 3) | 4 | w)), immediate(b, size); break;
        }
        break;
    case 3:
        b.push_back(static_cast<u8>(0x80 | w)), modrm(b, static_cast<u8>(below(8)), byte), immediate(b, size);
        break;
    case 4: b.push_back(0x83), modrm(b, static_cast<u8>(below(8)), false), immediate(b, 1); break;
    case 5: b.push_back(static_cast<u8>((chance(2) ? 0x40 : 0x48) | reg32())); break;
    case 6: b.push_back(static_cast<u8>(0xFE | w)), modrm(b, static_cast<u8>(below(2)), byte); break;
    case 7: { // TEST, NOT, NEG, MUL, IMUL, DIV, IDIV
        const u8 extension = static_cast<u8>(below(8));
        b.push_back(static_cast<u8>(0xF6 | w)), modrm(b, extension, byte);
        if (extension < 2) immediate(b, size);
        break;
    }
    case 8: b.push_back(static_cast<u8>(0x84 | w)), modrm(b, reg(byte), byte); break;
    case 9: b.push_back(static_cast<u8>(0x86 | w)), modrm(b, reg(byte), byte); break;
    case 10: b.push_back(static_cast<u8>(0x88 | w)), modrm(b, reg(byte), byte); break;
    case 11: b.push_back(static_cast<u8>(0x8A | w)), modrm(b, reg(byte), byte); break;
    case 12: b.push_back(0x8D), modrm(b, reg32(), false, true); break;
    case 13: b.push_back(static_cast<u8>(0xC6 | w)), modrm(b, 0, byte), immediate(b, size); break;
    case 14:
    case 15: // shifts and rotates
        switch (below(3)) {
        case 0:
            b.push_back(static_cast<u8>(0xC0 | w)), modrm(b, static_cast<u8>(below(8)), byte), immediate(b, 1);
            break;
        case 1: b.push_back(static_cast<u8>(0xD0 | w)), modrm(b, static_cast<u8>(below(8)), byte); break;
        default: b.push_back(static_cast<u8>(0xD2 | w)), modrm(b, static_cast<u8>(below(8)), byte); break;
        }
        break;
    case 16: // SHLD, SHRD
        b = with_operand_size(4);
        b.push_back(0x0F);
        if (chance(2))
            b.push_back(chance(2) ? 0xA4 : 0xAC), modrm(b, reg32(), false), immediate(b, 1);
        else
            b.push_back(chance(2) ? 0xA5 : 0xAD), modrm(b, reg32(), false);
        break;
    case 17: { // BT, BTS, BTR, BTC
        b.push_back(0x0F);
        if (chance(2)) {
            b.push_back(0xBA), modrm(b, static_cast<u8>(4 + below(4)), false), immediate(b, 1);
        } else {
            b.push_back(static_cast<u8>(0xA3 + 8 * below(4))), modrm(b, reg32(), false, false, true);
        }
        break;
    }
    case 18: b.push_back(0x0F), b.push_back(chance(2) ? 0xBC : 0xBD), modrm(b, reg32(), false); break;
    case 19: b.push_back(0x0F), b.push_back(static_cast<u8>(0x90 + below(16))), modrm(b, 0, true); break;
    case 20: b.push_back(0x0F), b.push_back(static_cast<u8>(0x40 + below(16))), modrm(b, reg32(), false); break;
    case 21: {
        static constexpr u8 list[] = {0xB6, 0xB7, 0xBE, 0xBF};
        const u8 op = list[below(4)];
        b.push_back(0x0F), b.push_back(op), modrm(b, reg32(), (op & 1) == 0);
        break;
    }
    case 22: b.push_back(0x0F), b.push_back(static_cast<u8>(0xB0 | w)), modrm(b, reg(byte), byte); break;
    case 23: b.push_back(0x0F), b.push_back(static_cast<u8>(0xC0 | w)), modrm(b, reg(byte), byte); break;
    case 24:
        b = with_operand_size(4);
        b.push_back(0x0F), b.push_back(static_cast<u8>(0xC8 | reg32()));
        break;
    case 25: b = {0x0F, 0xC7}, modrm(b, 1, false, true); break;
    case 26: b.push_back(0x0F), b.push_back(0xAF), modrm(b, reg32(), false); break;
    case 27:
        if (chance(2))
            b.push_back(0x69), modrm(b, reg32(), false), immediate(b, word ? 2 : 4);
        else
            b.push_back(0x6B), modrm(b, reg32(), false), immediate(b, 1);
        break;
    case 28: b.push_back(static_cast<u8>(chance(2) ? 0x50 | below(8) : 0x58 | reg32())); break;
    case 29: {
        static constexpr u8 list[] = {0x98, 0x99, 0x9E, 0x9F, 0xF5, 0xF8, 0xF9, 0xD6, 0x90};
        b.push_back(list[below(std::size(list))]);
        break;
    }
    case 30: { // decimal adjusts, then a comparison for the flags
        static constexpr u8 list[] = {0x27, 0x2F, 0x37, 0x3F, 0xD4, 0xD5};
        const u8 op = list[below(std::size(list))];
        b = {op};
        if (op >= 0xD4) b.push_back(static_cast<u8>(1 + below(255)));
        b.push_back(0x39), b.push_back(0xC8); // CMP eAX, eCX
        break;
    }
    case 31: string_instruction(b); break;
    case 32: b.push_back(static_cast<u8>(0xB0 | (w << 3) | reg(byte))), immediate(b, size); break;
    case 33: frame_instruction(b); break;
    case 34: b.push_back(chance(2) ? 0x68 : 0x6A), immediate(b, b.back() == 0x6A ? 1 : word ? 2 : 4); break;
    case 35: // LOOPcc, JCXZ over one instruction
        b = {static_cast<u8>(0xE0 | below(4)), 2, 0xFE, 0xC0};
        if (chance(3)) b.insert(b.begin(), 0x67);
        break;
    default: b = {static_cast<u8>(0x70 | below(16)), 2, 0xFE, 0xC0}; break; // Jcc over INC AL
    }
    return b;
}

/// Over the data area, either way, by 16- or 32-bit addresses.
void RandomCode::string_instruction(Bytes& b) {
    const bool down = chance(3), other_addresses = m_kind.bits == 16 && chance(3);
    b.clear();
    if (down) b.push_back(0xFD);
    const auto load = [&](u8 number, u32 value) {
        if (other_addresses) b.push_back(0x66);
        b.push_back(static_cast<u8>(0xB8 | number));
        little_endian(b, value, m_kind.bits == 32 || other_addresses ? 4 : 2);
    };
    load(6, data(data_offset + 0x100 + below(0x100)));
    load(7, data(data_offset + 0x100 + below(0x100)));
    load(1, below(40));
    if (other_addresses) b.push_back(0x67);
    if (chance(4)) b.push_back(0x66);
    if (!chance(4)) b.push_back(chance(2) ? 0xF3 : 0xF2);
    static constexpr u8 list[] = {0xA4, 0xA6, 0xAA, 0xAC, 0xAE};
    b.push_back(static_cast<u8>(list[below(5)] | below(2)));
    if (down) b.push_back(0xFC);
}

/// What moves the stack pointer or needs registers of its own: each piece leaves ESP where it is or a little lower.
void RandomCode::frame_instruction(Bytes& b) {
    switch (below(6)) {
    case 0: { // PUSHA, POPA
        const Bytes pushed = b;
        b.push_back(0x60);
        b.insert(b.end(), pushed.begin(), pushed.end());
        b.push_back(0x61);
        break;
    }
    case 1: b.push_back(0x9C); break; // PUSHF
    case 2:                           // PUSHF, POPF
        b = {0x9C, 0x9D};
        break;
    case 3: // ENTER of any level, LEAVE
        b = {0xC8, static_cast<u8>(below(64)), 0, static_cast<u8>(below(5)), 0xC9};
        break;
    case 4: // XLAT
        load_register(3, data(data_offset));
        b = {0xD7};
        break;
    default: // CALL of the next instruction
        b = {0xE8};
        little_endian(b, 0, m_kind.bits / 8);
        break;
    }
}

Bytes RandomCode::fp_instruction() {
    for (;;) {
        Bytes b;
        m_before.clear();
        m_alignment = chance(16) ? 1 : 16;
        static constexpr u8 prefixes[] = {0, 0x66, 0xF2, 0xF3};
        const bool x87 = chance(3);
        if (x87) {
            b.push_back(static_cast<u8>(0xD8 | below(8)));
        } else {
            if (const u8 prefix = prefixes[below(4)]) b.push_back(prefix);
            b.push_back(0x0F);
            const unsigned map = below(4);
            if (map == 2) b.push_back(0x38);
            if (map == 3) b.push_back(0x3A);
            const u8 opcode = static_cast<u8>(below(256));
            if (map <= 1 && (opcode & 0xFD) == 0x38) continue; // the other maps' escapes
            b.push_back(opcode);
        }
        const u8 field = static_cast<u8>(below(8));
        if (chance(2))
            b.push_back(static_cast<u8>(0xC0 | field << 3 | below(8)));
        else
            modrm(b, field, false, true);
        if (!x87) b.push_back(static_cast<u8>(below(256))); // an immediate byte, if there is one
        if (fp_is_good(b)) return b;
    }
}

/// Whether it is an instruction that may stand alone; an unused byte at the end is taken off.
bool RandomCode::fp_is_good(Bytes& b) {
    Insn insn;
    if (decoder().decode(b, m_kind.bits == 32, insn) != Decoder::Outcome::ok) return false;
    b.resize(insn.length);
    switch (insn.mnemonic) {
    case Mnemonic::FXSAVE:
    case Mnemonic::FXRSTOR:
    case Mnemonic::FNSAVE:
    case Mnemonic::FRSTOR:
    case Mnemonic::FNSTENV:
    case Mnemonic::FLDENV:
    case Mnemonic::FLDCW:
    case Mnemonic::LDMXCSR: return false; // fp_control() makes them
    case Mnemonic::MASKMOVQ:
    case Mnemonic::MASKMOVDQU: load_register(7, data(data_offset + below(64))); break;
    default: break;
    }
    const Operand& first = insn.operands[0]; // changed, perhaps
    if (first.kind == OperandKind::gpr && (first.slot == 8 * 4 || first.slot == 8 * ebp)) return false;
    switch (policy(insn.mnemonic).feature) {
    case Feature::fpu:
    case Feature::mmx:
    case Feature::sse:
    case Feature::sse2:
    case Feature::sse3:
    case Feature::ssse3:
    case Feature::sse4_1:
    case Feature::sse4_2:
    case Feature::popcnt:
    case Feature::movbe:
    case Feature::pclmulqdq: return true;
    case Feature::cmov: return insn.opcode_map == 0;
    case Feature::base: // MOVSD, CMPSD
        return insn.opcode_map == 1 && (insn.opcode == 0xC2 || insn.opcode == 0x10 || insn.opcode == 0x11);
    default: return false;
    }
}

/// What loads and stores control words, environments and whole states.
Bytes RandomCode::fp_control() {
    const bool narrow = chance(2); // the 16-bit format of environments
    Bytes b = with_operand_size(narrow ? 2 : 4);
    const auto pointers = [&] {
        if (narrow)
            zero_words(b, environment_area, {6, 8, 10, 12});
        else
            zero_words(b, environment_area, {12, 14, 16, 18, 20, 22, 24});
    };
    const auto store = [&](u32 value, unsigned size) { // MOV [data], value
        b = with_operand_size(size);
        b.push_back(0xC7), at(b, 0, data(data_offset)), little_endian(b, value, size);
    };
    switch (below(9)) {
    case 0:
    case 1:
        store(static_cast<u32>(m_values.bits() & 0xF40) | (chance(4) ? below(64) : 0x3F), 2);
        b.push_back(0xD9), at(b, 5, data(data_offset)); // FLDCW
        break;
    case 2:
    case 3: {
        u32 mxcsr = static_cast<u32>(m_values.bits()) & 0xE07F;
        if (!chance(4)) mxcsr |= 0x1F80;
        if (chance(50)) mxcsr |= 0x10000;
        store(mxcsr, 4);
        b.push_back(0x0F), b.push_back(0xAE), at(b, 2, data(data_offset)); // LDMXCSR
        break;
    }
    case 4: b.push_back(0xD9), at(b, 6, data(environment_area)), pointers(); break; // FNSTENV
    case 5: b.push_back(0xD9), at(b, 4, data(environment_area)); break;             // FLDENV
    case 6: b.push_back(0xDD), at(b, 6, data(environment_area)), pointers(); break; // FNSAVE
    case 7: b.push_back(0xDD), at(b, 4, data(environment_area)); break;             // FRSTOR
    default:
        b = {0x0F, 0xAE};
        if (chance(2)) {
            at(b, 1, data(fpu_image)); // FXRSTOR
        } else {
            at(b, 0, data(fxsave_area)); // FXSAVE; the last two are MXCSR_MASK
            zero_words(b, fxsave_area, {6, 8, 10, 12, 14, 16, 18, 20, 22, 28, 30});
        }
        break;
    }
    return b;
}

namespace {

/// An FXSAVE image without a pending exception.
void put_fpu_image(RandomValues& values, u8* out) {
    const auto put = [&](unsigned offset, auto value) { std::memcpy(out + offset, &value, sizeof value); };
    const u16 masks = values.chance(4) ? static_cast<u16>(values.below(64)) : u16{0x3F};
    const u16 control = static_cast<u16>(0x40 | values.below(16) << 8 | masks);
    put(0, control);
    put(2, static_cast<u16>((values.bits() & 0x7F00) | (values.bits() & control & 0x3F)));
    put(4, static_cast<u8>(values.below(3) ? 0xFF : values.bits()));
    u32 mxcsr = static_cast<u32>(values.bits()) & (values.chance(2) ? 0xE07F : 0x3F);
    mxcsr |= values.chance(4) ? static_cast<u32>(values.bits()) & 0x1F80 : 0x1F80;
    put(24, mxcsr);
    for (unsigned i = 0; i < 8; ++i) {
        put(32 + 16 * i, values.f80());
        for (unsigned half = 0; half < 2; ++half)
            put(160 + 16 * i + 8 * half, values.chance(2) ? values.f64() : values.f32() | u64{values.f32()} << 32);
    }
}

void put_data(RandomValues& values, bool fp, u8* out) {
    for (unsigned i = 0; i < data_size; i += 16) {
        std::array<u8, 16> line;
        for (unsigned k = 0; k < 16; k += 4) {
            const u32 v = values.integer();
            std::memcpy(line.data() + k, &v, 4);
        }
        if (fp && !values.chance(4)) {
            const u64 pair[2] = {values.f64(),
                                 values.chance(2) ? values.f64() : values.f32() | u64{values.f32()} << 32};
            std::memcpy(line.data(), pair, 16);
            if (values.chance(4)) {
                const auto extended = values.f80();
                std::memcpy(line.data(), extended.data(), extended.size());
            }
        }
        std::memcpy(out + i, line.data(), line.size());
    }
}

} // namespace

UserProgram random_program(u64 seed, CodeKind kind, const std::vector<Bytes>& sequence, std::size_t count) {
    RandomValues values(seed ^ 0x9E3779B97F4A7C15);
    UserProgram program;
    program.bits = kind.bits;
    std::size_t at = 0;
    const auto put = [&](const Bytes& bytes) {
        for (const u8 byte : bytes) program.arena[at++] = byte;
    };
    for (std::size_t i = 0; i < count; ++i) put(sequence[i]);
    if (seed % 4 == 0) { // once more from the start, with what the first round has left: DEC [loop_counter]; JNZ
        put(kind.bits == 16 ? Bytes{0xFF, 0x0E} : Bytes{0xFF, 0x0D});
        put(kind.bits == 16 ? Bytes{loop_counter & 0xFF, loop_counter >> 8}
                            : Bytes{loop_counter & 0xFF, loop_counter >> 8, 0, ARENA_BASE >> 24});
        const u32 back = 0 - static_cast<u32>(at + (kind.bits == 16 ? 4 : 6));
        put({0x0F, 0x85});
        for (unsigned i = 0; i < kind.bits / 8; ++i) program.arena[at++] = static_cast<u8>(back >> 8 * i);
        program.arena[loop_counter] = static_cast<u8>(2 + seed / 4 % 3);
    }
    program.arena[at] = 0xF4;
    put_data(values, kind.fp, program.arena.data() + data_begin);
    if (kind.fp) {
        put_fpu_image(values, program.arena.data() + fpu_image);
        for (unsigned i = 0; i < 128; i += 4) { // an environment and a state to load
            const u32 v = values.integer();
            std::memcpy(program.arena.data() + environment_area + i, &v, 4);
        }
    }
    const u32 base = kind.bits == 16 ? 0 : ARENA_BASE;
    for (u32& r : program.state.gpr) r = values.integer();
    program.state.gpr[4] = base + stack_offset;
    program.state.gpr[5] = base + data_offset;
    program.state.eip = base;
    program.state.eflags = values.integer() & 0x8D5;
    return program;
}

} // namespace ringshift
