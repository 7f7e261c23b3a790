#include "cpu/interp/decode_cache.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

namespace {

/// What may follow the first byte and is not compared: opcodes of one byte with an immediate or nothing behind them.
constexpr auto has_modrm = [] {
    std::array<bool, 256> table{};
    for (unsigned i = 0; i < 0x40; ++i) table[i] = (i & 7) < 4;
    for (const unsigned i : {0x62, 0x63, 0x69, 0x6B, 0xC0, 0xC1, 0xC4, 0xC5, 0xC6, 0xC7, 0xF6, 0xF7, 0xFE, 0xFF})
        table[i] = true;
    for (unsigned i = 0x80; i < 0x90; ++i) table[i] = true;
    for (unsigned i = 0xD0; i < 0xE0; ++i) table[i] = i < 0xD4 || i > 0xD7;
    return table;
}();

constexpr bool is_prefix(u8 byte) {
    return byte == 0x66 || byte == 0x67 || byte == 0xF0 || byte == 0xF2 || byte == 0xF3 || byte == 0x0F ||
           (byte & 0xE7) == 0x26 || byte == 0x64 || byte == 0x65;
}

u32 field_value(const Insn& insn, Insn::Field field, bool is_signed) {
    u32 value = 0;
    std::memcpy(&value, insn.bytes.data() + field.offset, field.size);
    const unsigned unused = 32 - 8u * field.size;
    return is_signed && field.size != 0 ? static_cast<u32>(static_cast<i32>(value << unused) >> unused) : value;
}

/// The immediate says only how much, and not what to do.
bool only_a_value(const Insn& insn) {
    if (insn.opcode_map == 1) return (insn.opcode & 0xF0) == 0x80; // Jcc
    const u8 op = insn.opcode;
    return insn.opcode_map == 0 && op != 0xC0 && op != 0xC1 && op != 0xC8 && op != 0x9A && op != 0xEA;
}

} // namespace

/// By the bytes that are compared, as far as the first one tells.
std::size_t DecodeCache::slot(const Bytes& bytes, bool code32) {
    const u8 opcode = static_cast<u8>(bytes[0]);
    const unsigned count = is_prefix(opcode) ? 3 : has_modrm[opcode] ? 2 : 1;
    const u32 head = static_cast<u32>(bytes[0] & ((u64{1} << (8 * count)) - 1)) | (code32 ? 1u << 24 : 0);
    return (head * 0x9E3779B1u >> 16) % entries;
}

/// Says which bytes are compared and which are read.
void DecodeCache::describe(Entry& entry) {
    const Insn& insn = entry.decoded.insn;
    std::array<u8, 16> fixed{}, variable{};
    std::fill_n(fixed.begin(), insn.length, u8{0xFF});
    const auto vary = [&](Insn::Field field) {
        std::fill_n(fixed.begin() + field.offset, field.size, u8{0});
        std::fill_n(variable.begin() + field.offset, field.size, u8{0xFF});
    };
    const Insn::Field displacement = insn.displacement_field, immediate = insn.immediate_field;
    if (displacement.size != 0 && insn.has_memory() &&
        field_value(insn, displacement, true) == insn.memory.displacement)
        vary(displacement);
    if (immediate.size != 0 && immediate.size <= 4 && only_a_value(insn) &&
        field_value(insn, immediate, insn.immediate_signed) == insn.immediate)
        vary(immediate);
    std::memcpy(entry.fixed.data(), fixed.data(), 16);
    std::memcpy(entry.variable.data(), variable.data(), 16);
}

/// The instruction becomes the one that entry.bytes are.
void DecodeCache::read_fields(Entry& entry) {
    Insn& insn = entry.decoded.insn;
    std::memcpy(insn.bytes.data(), entry.bytes.data(), insn.bytes.size());
    const auto varies = [&](Insn::Field field) {
        return field.size != 0 && (entry.variable[field.offset / 8] >> (8 * (field.offset % 8)) & 1) != 0;
    };
    if (varies(insn.displacement_field)) insn.memory.displacement = field_value(insn, insn.displacement_field, true);
    if (varies(insn.immediate_field)) insn.immediate = field_value(insn, insn.immediate_field, insn.immediate_signed);
}

DecodeCache::Found DecodeCache::find(std::span<const u8> bytes, bool code32) {
    Bytes given{};
    if (bytes.size() >= sizeof given)
        std::memcpy(given.data(), bytes.data(), sizeof given);
    else
        std::memcpy(given.data(), bytes.data(), bytes.size());
    Entry& entry = m_entries[slot(given, code32)];
    const Bytes differing{given[0] ^ entry.bytes[0], given[1] ^ entry.bytes[1]};
    if (((differing[0] & entry.fixed[0]) | (differing[1] & entry.fixed[1])) == 0 && entry.decoded.handler &&
        entry.code32 == code32 && entry.decoded.insn.length <= bytes.size()) {
        if (((differing[0] & entry.variable[0]) | (differing[1] & entry.variable[1])) != 0) {
            entry.bytes = given;
            read_fields(entry);
        }
        return {Decoder::Outcome::ok, &entry.decoded};
    }
    const auto outcome = m_decoder.decode(bytes, code32, m_other.insn);
    m_other.handler = handler_for(m_other.insn);
    if (outcome != Decoder::Outcome::ok || !m_on) return {outcome, &m_other};
    entry.decoded = m_other;
    entry.bytes = given;
    entry.code32 = code32;
    describe(entry);
    return {outcome, &entry.decoded};
}

} // namespace ringshift
