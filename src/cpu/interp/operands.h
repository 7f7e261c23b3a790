// Access to an instruction's operands, for handlers.
#pragma once

#include "cpu/interp/handler.h"
#include "cpu/memory.h"

#include <type_traits>

namespace ringshift {

/// The register in slot `slot` (byte offset in the register file, Operand::slot).
template <typename T>
inline T reg_at(const CpuState& state, u8 slot) {
    T value;
    std::memcpy(&value, reinterpret_cast<const u8*>(state.gpr.data()) + slot, sizeof value);
    return value;
}

/// 32-bit writes clear the upper half, smaller ones leave the rest.
template <typename T>
inline void set_reg_at(CpuState& state, u8 slot, T value) {
    u8* where = reinterpret_cast<u8*>(state.gpr.data()) + slot;
    if constexpr (sizeof(T) == 4) {
        const u64 wide = value;
        std::memcpy(where, &wide, sizeof wide);
    } else {
        std::memcpy(where, &value, sizeof value);
    }
}

template <typename T>
inline Maybe<T> read_memory(Cpu& cpu, const Insn& insn) {
    return cpu.read<T>(insn.memory.segment, cpu.effective_offset(insn));
}
template <typename T>
inline Maybe<void> write_memory(Cpu& cpu, const Insn& insn, T value) {
    return cpu.write<T>(insn.memory.segment, cpu.effective_offset(insn), value);
}
template <typename T>
inline Maybe<Cpu::Place<T>> open_memory(Cpu& cpu, const Insn& insn) {
    return cpu.open<T>(insn.memory.segment, cpu.effective_offset(insn));
}

/// Where an operand is, as a type, so that handlers are made for each form.
struct InRegister {};
struct InMemory {};
struct Immediate {};

/// Operand n read as T.
template <typename T, typename Where, std::size_t n>
inline Maybe<T> read_operand(Cpu& cpu, const Insn& insn) {
    if constexpr (std::is_same_v<Where, InRegister>)
        return reg_at<T>(cpu.state, insn.op(n).slot);
    else if constexpr (std::is_same_v<Where, InMemory>)
        return read_memory<T>(cpu, insn);
    else
        return static_cast<T>(insn.immediate);
}

/// Operand n written as T.
template <typename T, typename Where, std::size_t n>
inline Maybe<void> write_operand(Cpu& cpu, const Insn& insn, T value) {
    if constexpr (std::is_same_v<Where, InRegister>) {
        set_reg_at<T>(cpu.state, insn.op(n).slot, value);
        return {};
    } else {
        return write_memory<T>(cpu, insn, value);
    }
}

/// Reads operand 0, gives it to `change(T value) -> T`, and stores the result. Flags that `change` computes are
/// committed with `flags`, after the store.
template <typename T, typename Where, typename Change>
inline Step modify(Cpu& cpu, const Insn& insn, Change change) {
    u32 flags = cpu.state.arithmetic_flags;
    if constexpr (std::is_same_v<Where, InRegister>) {
        const T result = change(reg_at<T>(cpu.state, insn.op(0).slot), flags);
        set_reg_at<T>(cpu.state, insn.op(0).slot, result);
    } else {
        const auto place = GUEST_TRY(open_memory<T>(cpu, insn));
        const T result = change(place.value, flags);
        GUEST_TRY(cpu.store(place, result));
    }
    cpu.state.arithmetic_flags = flags;
    return Flow::next;
}

inline bool in_memory(const Operand& operand) { return operand.kind == OperandKind::memory; }

/// Calls f.template operator()<T>() for the unsigned integer of `size` bytes.
template <typename F>
inline Handler by_size(unsigned size, F f) {
    switch (size) {
    case 1: return f.template operator()<u8>();
    case 2: return f.template operator()<u16>();
    case 4: return f.template operator()<u32>();
    default: return nullptr;
    }
}

} // namespace ringshift
