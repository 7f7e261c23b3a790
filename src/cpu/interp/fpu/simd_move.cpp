// MMX and SSE data movement: copies, with no host instruction involved.
#include "cpu/interp/fpu/fpu_rules.h"

namespace ringshift {

namespace {

using namespace fpu;

constexpr bool is_vector(OperandKind kind) { return kind == OperandKind::xmm || kind == OperandKind::mmx; }

template <OperandKind a, OperandKind b>
Flow enter(Cpu& cpu) {
    constexpr bool mmx = a == OperandKind::mmx || b == OperandKind::mmx;
    if constexpr (a == OperandKind::xmm || b == OperandKind::xmm)
        return enter_sse(cpu, mmx);
    else if constexpr (mmx)
        return enter_mmx(cpu);
    else
        return Flow::next; // MOVNTI
}

/// Copies `size` bytes; the rest of an XMM or general register becomes zero. `aligned`: 16-byte memory operands must
/// be.
template <OperandKind to, OperandKind from, std::size_t size, bool aligned>
Step move_handler(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter<to, from>(cpu); flow != Flow::next) [[unlikely]]
        return flow;
    FpuState& state = cpu.state.fpu;
    Vec128 value;
    if constexpr (from == OperandKind::memory) {
        if constexpr (aligned) GUEST_TRY(check_alignment(cpu, insn, AccessKind::Read));
        const auto operand = GUEST_TRY((read_memory<Bytes<size>>(cpu, insn)));
        std::memcpy(value.byte.data(), &operand, size);
    } else if constexpr (from == OperandKind::xmm) {
        std::memcpy(value.byte.data(), state.xmm[insn.op(1).slot].data(), size);
    } else if constexpr (from == OperandKind::mmx) {
        std::memcpy(value.byte.data(), mmx_register(state, insn.op(1).slot), size);
    } else {
        const u32 operand = reg_at<u32>(cpu.state, insn.op(1).slot);
        std::memcpy(value.byte.data(), &operand, sizeof operand);
    }
    if constexpr (to == OperandKind::memory) {
        if constexpr (aligned) GUEST_TRY(check_alignment(cpu, insn, AccessKind::Write));
        Bytes<size> operand;
        std::memcpy(&operand, value.byte.data(), size);
        GUEST_TRY(write_memory(cpu, insn, operand));
    }
    if constexpr (to == OperandKind::mmx || from == OperandKind::mmx) enter_mmx_mode(state);
    if constexpr (to == OperandKind::xmm) state.xmm[insn.op(0).slot] = value.byte;
    if constexpr (to == OperandKind::mmx) set_mmx_register(state, insn.op(0).slot, value.byte.data());
    if constexpr (to == OperandKind::gpr) {
        u32 operand;
        std::memcpy(&operand, value.byte.data(), sizeof operand);
        set_reg_at<u32>(cpu.state, insn.op(0).slot, operand);
    }
    return Flow::next;
}

template <OperandKind to, std::size_t size, bool aligned>
Handler move_from(OperandKind from) {
    switch (from) {
    case OperandKind::memory:
        if constexpr (to != OperandKind::memory) return move_handler<to, OperandKind::memory, size, aligned>;
        return nullptr;
    case OperandKind::xmm: return move_handler < to, OperandKind::xmm, size, aligned && !is_vector(to) > ;
    case OperandKind::mmx:
        if constexpr (size <= 8) return move_handler<to, OperandKind::mmx, size, false>;
        return nullptr;
    case OperandKind::gpr:
        if constexpr (size == 4) return move_handler<to, OperandKind::gpr, size, false>;
        return nullptr;
    default: return nullptr;
    }
}

template <std::size_t size, bool aligned = false>
Handler move(const Insn& insn) {
    const OperandKind from = insn.op(1).kind;
    switch (insn.op(0).kind) {
    case OperandKind::memory: return move_from<OperandKind::memory, size, aligned>(from);
    case OperandKind::xmm: return move_from<OperandKind::xmm, size, aligned>(from);
    case OperandKind::mmx:
        if constexpr (size <= 8) return move_from<OperandKind::mmx, size, false>(from);
        return nullptr;
    case OperandKind::gpr:
        if constexpr (size == 4) return move_from<OperandKind::gpr, size, false>(from);
        return nullptr;
    default: return nullptr;
    }
}

/// Copies `size` bytes between two XMM registers, from byte `source` to byte `target`; the rest stays.
template <std::size_t size, std::size_t target, std::size_t source>
Step merge_register(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) return flow;
    auto& xmm = cpu.state.fpu.xmm;
    std::array<u8, size> part;
    std::memcpy(part.data(), xmm[insn.op(1).slot].data() + source, size);
    std::memcpy(xmm[insn.op(0).slot].data() + target, part.data(), size);
    return Flow::next;
}

template <std::size_t half>
Step load_half(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) return flow;
    const u64 value = GUEST_TRY(read_memory<u64>(cpu, insn));
    std::memcpy(cpu.state.fpu.xmm[insn.op(0).slot].data() + half, &value, 8);
    return Flow::next;
}

template <std::size_t half>
Step store_half(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) return flow;
    u64 value;
    std::memcpy(&value, cpu.state.fpu.xmm[insn.op(1).slot].data() + half, 8);
    GUEST_TRY(write_memory<u64>(cpu, insn, value));
    return Flow::next;
}

template <std::size_t half>
Handler move_half(const Insn& insn) {
    return insn.op(0).kind == OperandKind::memory ? store_half<half> : load_half<half>;
}

/// PEXTRB, PEXTRW, PEXTRD, EXTRACTPS to a general register (zero-extended) or memory.
template <typename T>
Step extract(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) return flow;
    T value;
    const std::size_t element = insn.immediate % (16 / sizeof(T));
    std::memcpy(&value, cpu.state.fpu.xmm[insn.op(1).slot].data() + element * sizeof(T), sizeof(T));
    if (insn.op(0).kind == OperandKind::memory)
        GUEST_TRY(write_memory<T>(cpu, insn, value));
    else
        set_reg_at<u32>(cpu.state, insn.op(0).slot, value);
    return Flow::next;
}

/// MASKMOVQ and MASKMOVDQU: the bytes whose mask has its top bit set, to DS:[eDI]. All of them are probed first; bytes
/// that are not selected cause no fault.
template <OperandKind kind, std::size_t size>
Step masked_move(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter<kind, kind>(cpu); flow != Flow::next) return flow;
    FpuState& state = cpu.state.fpu;
    const auto reg = [&](u8 n) { return kind == OperandKind::mmx ? mmx_register(state, n) : state.xmm[n].data(); };
    const u8* const data = reg(insn.op(0).slot);
    const u8* const mask = reg(insn.op(1).slot);
    const u32 begin = insn.address_size == 4 ? cpu.state.reg<u32>(Gpr::di) : cpu.state.reg<u16>(Gpr::di);
    const auto offset = [&](std::size_t i) {
        const u32 sum = begin + static_cast<u32>(i);
        return insn.address_size == 4 ? sum : sum & 0xFFFF;
    };
    for (std::size_t i = 0; i < size; ++i) {
        if (!(mask[i] & 0x80)) continue;
        const LinearAddr address = GUEST_TRY(cpu.linear(insn.memory.segment, offset(i), 1, AccessKind::Write));
        GUEST_TRY(cpu.check_access(address, 1, {AccessKind::Write, cpu.data_privilege()}));
    }
    for (std::size_t i = 0; i < size; ++i)
        if (mask[i] & 0x80) GUEST_TRY(cpu.write<u8>(insn.memory.segment, offset(i), data[i]));
    if constexpr (kind == OperandKind::mmx) enter_mmx_mode(state);
    return Flow::next;
}

} // namespace

namespace select {

Handler move_aligned(const Insn& insn) { return move<16, true>(insn); }
Handler move_unaligned(const Insn& insn) { return move<16>(insn); }
Handler move_quad(const Insn& insn) { return move<8>(insn); }
Handler move_double(const Insn& insn) { return move<4>(insn); }

Handler movss(const Insn& insn) { return insn.has_memory() ? move<4>(insn) : merge_register<4, 0, 0>; }
Handler movsd_xmm(const Insn& insn) { return insn.has_memory() ? move<8>(insn) : merge_register<8, 0, 0>; }
Handler move_low(const Insn& insn) { return move_half<0>(insn); }
Handler move_high(const Insn& insn) { return move_half<8>(insn); }
Handler movhlps(const Insn&) { return merge_register<8, 0, 8>; }
Handler movlhps(const Insn&) { return merge_register<8, 8, 0>; }

Handler pextrb(const Insn&) { return extract<u8>; }
Handler pextrd(const Insn&) { return extract<u32>; }
/// The SSE2 form has its destination in ModRM.reg and may read an MMX register; SSE4.1 added one that stores.
Handler pextrw(const Insn& insn) { return insn.opcode_map == 3 ? extract<u16> : simd(insn); }

Handler maskmov(const Insn& insn) {
    if (insn.op(0).kind == OperandKind::mmx) return masked_move<OperandKind::mmx, 8>;
    return masked_move<OperandKind::xmm, 16>;
}

} // namespace select

} // namespace ringshift
