// The short way through common x87 instructions.
//
// Loading and storing the whole x87 state takes ten times as long as the instruction between. Most instructions touch
// one or two registers that are known not to be empty, with all exceptions masked. Then only those registers are loaded
// (FLD m80, which changes nothing and raises nothing), the host runs the instruction in a form that does not pop, and
// the handler does to the stack in the image what is left: the result's place, tags, TOP.
//
// Exception flags are sticky, and the host's are not cleared before. If the host's status word shows no flag afterwards
// that the guest's does not have already, then this instruction raised nothing new, whatever the host's flags were
// before: the outcome stands. Else it is thrown away and the instruction goes the full way (x87.cpp), which finds its
// exact flags and leaves no others in the host. A guest sets its inexact flag once and then stays on the short way.
//
// What is unusual is not for here: an empty register, a full stack, an unmasked exception.
#include "cpu/interp/fpu/x87_short.h"

namespace ringshift::fpu {

namespace {

using Source = X87Form::Source;
using Destination = X87Form::Destination;

constexpr u16 c1 = 0x200, all_conditions = 0x4700;
constexpr unsigned register_forms = 64, memory_forms = 8;

/// ST(0) changed by itself.
constexpr X87Form unary(u8 opcode, u8 modrm, u16 conditions) {
    return {.source = Source::host,
            .destination = Destination::st_0,
            .opcode = opcode,
            .modrm = modrm,
            .uses_st_0 = true,
            .conditions = conditions};
}

constexpr X87Form compare(u8 opcode, unsigned modrm, u8 i, u8 pops) {
    return {.source = Source::host,
            .opcode = opcode,
            .modrm = static_cast<u8>(modrm | 1),
            .uses_st_0 = true,
            .uses_st_i = true,
            .i = i,
            .pops = pops,
            .conditions = all_conditions};
}

constexpr X87Form compare_to_flags(unsigned modrm, u8 i, u8 pops) {
    X87Form form = compare(0xDB, modrm, i, pops);
    form.sets_flags = true;
    form.conditions = 0; // C1 stays, on AMD's silicon
    return form;
}

constexpr X87Form arithmetic(u8 opcode, unsigned extension, u8 i, Destination destination, u8 pops) {
    return {.source = Source::host,
            .destination = destination,
            .opcode = opcode,
            .modrm = static_cast<u8>(0xC1 | extension << 3),
            .uses_st_0 = true,
            .uses_st_i = true,
            .i = i,
            .pops = pops,
            .conditions = c1};
}

constexpr X87Form move(Source source, Destination destination, u8 i, u8 pops) {
    return {.source = source,
            .destination = destination,
            .uses_st_0 = source == Source::copy_0,
            .uses_st_i = source == Source::copy,
            .i = i,
            .pops = pops,
            .conditions = c1};
}

constexpr X87Form memory_form(u8 opcode, unsigned extension) {
    X87Form form{.source = Source::host, .opcode = opcode, .has_memory = true, .conditions = c1};
    const auto with = [&](unsigned run_extension) { form.modrm = static_cast<u8>(run_extension << 3 | 6); }; // [rsi]
    if (!(opcode & 1)) { // FADD and its kind with m32fp, m32int, m64fp, m16int
        form.uses_st_0 = true;
        const bool compares = extension == 2 || extension == 3;
        with(compares ? 2 : extension);
        form.destination = compares ? Destination::none : Destination::st_0;
        if (compares) form.conditions = all_conditions;
        form.pops = extension == 3;
        return form;
    }
    const bool loads = extension == 0 || (opcode == 0xDB && extension == 5) || (opcode == 0xDF && extension == 5);
    const bool stores = (extension >= 1 && extension <= 3 && !(opcode == 0xD9 && extension == 1)) ||
                        (opcode == 0xDB && extension == 7) || (opcode == 0xDF && extension == 7);
    if (!loads && !stores) return {};
    form.destination = loads ? Destination::push : Destination::memory;
    form.uses_st_0 = stores;
    with(extension == 2 ? 3 : extension); // the popping form, as the host's stack is to be empty again
    form.pops = stores && extension != 2;
    return form;
}

constexpr X87Form register_form(u8 opcode, u8 modrm) {
    const unsigned extension = (modrm >> 3) & 7;
    const u8 i = modrm & 7;
    const bool compares = extension == 2 || extension == 3;
    switch (opcode) {
    case 0xD8:
        if (compares) return compare(0xD8, 0xD0, i, extension == 3);
        return arithmetic(0xD8, extension, i, Destination::st_0, 0);
    case 0xD9:
        if (extension == 0) return move(Source::copy, Destination::push, i, 0);
        if (extension == 1) {
            X87Form form = move(Source::copy, Destination::exchange, i, 0);
            form.uses_st_0 = true;
            return form;
        }
        switch (modrm) {
        case 0xE0:                                   // FCHS
        case 0xE1:                                   // FABS
        case 0xF0:                                   // F2XM1
        case 0xFA:                                   // FSQRT
        case 0xFC: return unary(0xD9, modrm, c1);    // FRNDINT
        case 0xFE:                                   // FSIN
        case 0xFF: return unary(0xD9, modrm, 0x600); // FCOS: C1 and C2
        case 0xE4:                                   // FTST
        case 0xE5: {                                 // FXAM
            X87Form form = unary(0xD9, modrm, all_conditions);
            form.destination = Destination::none;
            return form;
        }
        default: break;
        }
        if (modrm >= 0xE8 && modrm <= 0xEE) // constants
            return {.source = Source::host,
                    .destination = Destination::push,
                    .opcode = 0xD9,
                    .modrm = modrm,
                    .conditions = c1};
        return {};
    case 0xDA: return modrm == 0xE9 ? compare(0xDD, 0xE0, 1, 2) : X87Form{};
    case 0xDB: return extension == 5 || extension == 6 ? compare_to_flags(modrm & 0xF8u, i, 0) : X87Form{};
    case 0xDC: return compares ? X87Form{} : arithmetic(0xDC, extension, i, Destination::st_i, 0);
    case 0xDD:
        if (compares) return move(Source::copy_0, Destination::st_i, i, extension == 3);
        return extension == 4 || extension == 5 ? compare(0xDD, 0xE0, i, extension == 5) : X87Form{};
    case 0xDE:
        if (modrm == 0xD9) return compare(0xD8, 0xD0, 1, 2);
        return compares ? X87Form{} : arithmetic(0xDC, extension, i, Destination::st_i, 1);
    case 0xDF: return extension == 5 || extension == 6 ? compare_to_flags(modrm & 0xF8u, i, 1) : X87Form{};
    default: return {};
    }
}

constexpr auto forms = [] {
    std::array<std::array<X87Form, memory_forms + register_forms>, 8> table{};
    for (unsigned o = 0; o < 8; ++o) {
        const u8 opcode = static_cast<u8>(0xD8 + o);
        for (unsigned e = 0; e < memory_forms; ++e) table[o][e] = memory_form(opcode, e);
        for (unsigned m = 0; m < register_forms; ++m)
            table[o][memory_forms + m] = register_form(opcode, static_cast<u8>(0xC0 + m));
    }
    return table;
}();

} // namespace

const X87Form& x87_form(u8 opcode, u8 modrm) {
    return forms[opcode & 7][modrm >= 0xC0 ? memory_forms + modrm - 0xC0u : (modrm >> 3) & 7u];
}

} // namespace ringshift::fpu
