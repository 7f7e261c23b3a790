// Random unprivileged instructions for the differential test. The essay is in random_code.cpp.
#pragma once

#include "../random_values.h"
#include "cpu/isa/decoder.h"
#include "native_cpu.h"

namespace ringshift {

using Bytes = std::vector<u8>;

struct CodeKind {
    unsigned bits = 32; ///< of the code segment: 16 or 32
    bool fp = false;    ///< mostly x87, MMX and SSE
};

/// Makes sequences of pieces of code; a piece is one instruction, perhaps with others that it needs.
class RandomCode {
  public:
    RandomCode(u64 seed, CodeKind kind) : m_values(seed), m_kind(kind) {}
    std::vector<Bytes> sequence();

  private:
    unsigned below(std::size_t n) { return m_values.below(n); }
    bool chance(unsigned n) { return m_values.chance(n); }
    u8 writable_register();
    u8 register_number(bool byte) { return byte ? static_cast<u8>(below(8)) : writable_register(); }
    u32 data(unsigned offset) const;
    void little_endian(Bytes& b, u32 value, unsigned size);
    void immediate(Bytes& b, unsigned size) { little_endian(b, m_values.integer(), size); }
    void load_register(u8 number, u32 value);
    u32 displacement(unsigned units);
    void memory(Bytes& b, u8 reg_field);
    void memory16(Bytes& b, u8 reg_field);
    void modrm(Bytes& b, u8 reg_field, bool byte, bool memory_only = false, bool register_only = false);
    void at(Bytes& b, u8 reg_field, u32 address);
    Bytes with_operand_size(unsigned size) const;
    void zero_words(Bytes& b, u32 address, std::initializer_list<unsigned> offsets);

    Bytes piece();
    Bytes integer_instruction();
    void string_instruction(Bytes& b);
    void frame_instruction(Bytes& b);
    Bytes fp_instruction();
    bool fp_is_good(Bytes& b);
    Bytes fp_control();

    RandomValues m_values;
    CodeKind m_kind;
    Bytes m_before;           ///< instructions and prefixes that the one in the making needs in front
    unsigned m_alignment = 1; ///< of its memory operand
};

/// The first `count` pieces and the state to start them in.
UserProgram random_program(u64 seed, CodeKind kind, const std::vector<Bytes>& sequence, std::size_t count);

} // namespace ringshift
