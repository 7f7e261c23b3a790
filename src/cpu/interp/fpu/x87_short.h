// The short way through an x87 instruction: see x87_short.cpp.
#pragma once

#include "cpu/interp/fpu/fpu_rules.h"

#include <emmintrin.h>
#include <utility>

namespace ringshift::fpu {

const X87Form& x87_form(u8 opcode, u8 modrm);

// Registers go in and out of the host's FPU in two parts, 8 and 2 bytes. They are put together here, so that all other
// copies can be of 16 bytes and no load has to wait for two stores.
inline void put_register(std::array<u8, 16>& to, const std::array<u8, 16>& from_host) {
    u16 exponent;
    std::memcpy(&exponent, from_host.data() + 8, sizeof exponent);
    const __m128i significand = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from_host.data()));
    _mm_store_si128(reinterpret_cast<__m128i*>(to.data()), _mm_insert_epi16(significand, exponent, 4));
}

inline bool is_full(const FpuState& state, unsigned i) { return state.ftw & (1u << ((top(state) + i) & 7)); }

inline void move_top(FpuState& state, unsigned by) {
    state.fsw = static_cast<u16>((state.fsw & ~top_mask) | (((top(state) + by) & 7) << 11));
}

/// ST(i) becomes what ST(i + by) was. All in registers: a loop of copies would be a call of memmove().
template <unsigned by>
inline void rotate_registers(FpuState& state) {
    auto* const st = reinterpret_cast<__m128i*>(state.st.data());
    const __m128i old[8] = {st[0], st[1], st[2], st[3], st[4], st[5], st[6], st[7]};
    [&]<std::size_t... i>(std::index_sequence<i...>) { ((st[i] = old[(i + by) % 8]), ...); }
    (std::make_index_sequence<8>());
}

inline void pop(FpuState& state) {
    state.ftw = static_cast<u8>(state.ftw & ~(1u << top(state)));
    move_top(state, 1);
    rotate_registers<1>(state);
}

inline void push(FpuState& state, const std::array<u8, 16>& value_from_host) {
    move_top(state, 7);
    state.ftw = static_cast<u8>(state.ftw | 1u << top(state));
    rotate_registers<7>(state);
    put_register(state.st[0], value_from_host);
}

/// Computes the instruction the short way; `memory` is its memory operand, loaded or to be stored. False: nothing has
/// been done, and it has to go the full way.
[[gnu::always_inline]] inline bool run_short(const X87Routine& routine, const FpuState& state, void* memory,
                                             X87Frame& frame, u32& outcome) {
    using Source = X87Form::Source;
    const X87Form& form = routine.form;
    if (form.source == Source::none || (state.fcw & exceptions) != exceptions) [[unlikely]]
        return false;
    if ((form.uses_st_0 && !is_full(state, 0)) || (form.uses_st_i && !is_full(state, form.i))) [[unlikely]]
        return false;
    if (form.destination == X87Form::Destination::push && is_full(state, 7)) [[unlikely]]
        return false;
    outcome = 0;
    if (form.source != Source::host) {
        frame.result = state.st[form.source == Source::copy ? form.i : 0];
        return true;
    }
    X87ShortThunk thunk = routine.usual;
    if (state.fcw != frame.host_control) {
        frame.control = state.fcw;
        thunk = routine.own_control;
    }
    outcome = thunk(state.st.data(), memory, &frame);
    constexpr u16 sticky = exceptions | stack_fault;
    return (outcome & sticky & ~state.fsw) == 0;
}

/// Commits what run_short() computed; no exception is raised.
[[gnu::always_inline]] inline void commit_short(FpuState& state, const X87Form& form, const X87Frame& frame,
                                                u32 outcome) {
    using Destination = X87Form::Destination;
    state.fsw = static_cast<u16>((state.fsw & ~form.conditions) | (outcome & form.conditions));
    switch (form.destination) {
    case Destination::none:
    case Destination::memory: break;
    case Destination::exchange:
        state.st[form.i] = state.st[0];
        state.st[0] = frame.result;
        break;
    case Destination::st_0: put_register(state.st[0], frame.result); break;
    case Destination::st_i:
        put_register(state.st[form.i], frame.result);
        state.ftw = static_cast<u8>(state.ftw | 1u << ((top(state) + form.i) & 7));
        break;
    case Destination::push: push(state, frame.result); break;
    }
    for (unsigned n = 0; n < form.pops; ++n) pop(state);
}

} // namespace ringshift::fpu
