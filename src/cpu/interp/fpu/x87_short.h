// The short way through an x87 instruction: see x87_short.cpp.
#pragma once

#include "cpu/interp/fpu/thunk.h"

namespace ringshift::fpu {

/// What an x87 instruction does to the stack, if there is a short way to do it.
struct X87Form {
    enum class Source : u8 {
        none,   ///< no short way
        host,   ///< the host runs `opcode`, `modrm`
        copy,   ///< ST(i) as it is
        copy_0, ///< ST(0) as it is
    };
    enum class Destination : u8 { none, st_0, st_i, push, memory, exchange };
    Source source = Source::none;
    Destination destination = Destination::none;
    u8 opcode = 0; ///< what the host runs: never pops; ST(i) is ST(1)
    u8 modrm = 0;
    bool uses_st_0 = false;
    bool uses_st_i = false;
    bool has_memory = false;
    bool sets_flags = false; ///< FCOMI and its kind
    u8 i = 0;
    u8 pops = 0;
    u16 conditions = 0; ///< the bits of the status word that it sets
};

/// What a short thunk reads beside its operands, and writes.
struct alignas(16) X87Frame {
    std::array<u8, 16> result{};
    u16 control = 0x37F;      ///< to run with
    u16 host_control = 0x37F; ///< put back at the end
};

const X87Form& x87_form(u8 opcode, u8 modrm);

/// Computes the instruction the short way; `memory` is its memory operand, loaded or to be stored. False: nothing has
/// been done, and it has to go the full way.
bool run_short(FpuThunks& thunks, const X87Form& form, const FpuState& state, void* memory, X87Frame& frame,
               u32& outcome);
/// Commits what run_short() computed; no exception is raised.
void commit_short(FpuState& state, const X87Form& form, const X87Frame& frame, u32 outcome);

} // namespace ringshift::fpu
