// The x87 instructions that compute, load and store: the short way if it can be gone
// (x87_short.cpp), else through one host thunk (thunk.cpp).
//
// FIP, FCS, FDP, FDS and FOP are updated by every one of them, exception or not, as on the Pentium 4 without fopcode
// compatibility mode (SDM vol. 1, 8.1.8 and 8.1.9); control instructions (x87_control.cpp) leave them alone. FDP and
// FDS keep their value where there is no memory operand.
#include "cpu/interp/fpu/fpu_rules.h"
#include "cpu/interp/fpu/x87_short.h"

#include "cpu/interp/host_alu.h"

namespace ringshift {

namespace fpu {

void update_error_summary(Cpu& cpu) {
    CpuState& state = cpu.state;
    const bool before = state.fpu_exception_pending;
    const bool now = (state.fpu.fsw & ~state.fpu.fcw & exceptions) != 0;
    constexpr u16 summary = error_summary | busy;
    state.fpu.fsw = static_cast<u16>(now ? state.fpu.fsw | summary : state.fpu.fsw & ~summary);
    state.fpu_exception_pending = now;
    if (before && !now && !(state.cr0 & cr0::ne)) cpu.platform.set_ferr(false);
}

Flow pending_exception(Cpu& cpu) {
    if (cpu.state.cr0 & cr0::ne) return Step(cpu.raise(Vector::x87_error)).flow;
    if (cpu.platform.ignne()) return Flow::next;
    cpu.platform.set_ferr(true);
    return Flow::branch;
}

void rotate_stack(FpuState& state, unsigned new_top) {
    const auto old = state.st;
    const unsigned shift = new_top - top(state);
    for (unsigned i = 0; i < 8; ++i) state.st[i] = old[(i + shift) & 7];
    state.fsw = static_cast<u16>((state.fsw & ~top_mask) | (new_top << 11));
}

} // namespace fpu

namespace {

using namespace fpu;

enum class X87Access : u8 { none, load, store };

/// 80-bit operands are aligned if their address is a multiple of 8 (SDM vol. 3A, table 6-7).
Maybe<void> check_extended_alignment(Cpu& cpu, const Insn& insn, AccessKind kind) {
    if (!cpu.mmu.always_slow()) [[likely]]
        return {};
    const LinearAddr address = GUEST_TRY(cpu.linear(insn.memory.segment, cpu.effective_offset(insn), 10, kind));
    return cpu.check_access(address, 8, {kind, cpu.data_privilege()});
}

void load_image(FpuState& image, const FpuState& guest) {
    image.fcw = guest.fcw;
    image.fsw = guest.fsw & conditions_and_top;
    image.ftw = guest.ftw;
    image.st = guest.st;
}

void commit_image(Cpu& cpu, const FpuState& image) {
    FpuState& guest = cpu.state.fpu;
    constexpr u16 sticky = exceptions | stack_fault;
    guest.fsw = static_cast<u16>((image.fsw & (conditions_and_top | sticky)) | (guest.fsw & sticky));
    guest.ftw = image.ftw;
    guest.st = image.st;
    update_error_summary(cpu);
}

void set_pointers(Cpu& cpu, const Insn& insn) {
    set_code_pointer(cpu, insn, static_cast<u32>(cpu.state.rip));
    if (insn.modrm < 0xC0) set_data_pointer(cpu, insn);
}

template <std::size_t size>
Maybe<void> store_operand(Cpu& cpu, const Insn& insn, const Bytes<16>& operand) {
    if constexpr (size == 10) GUEST_TRY(check_extended_alignment(cpu, insn, AccessKind::Write));
    Bytes<size> value;
    std::memcpy(&value, &operand, size);
    return write_memory(cpu, insn, value);
}

/// One instruction, with a memory operand of `size` bytes.
template <X87Access access, std::size_t size>
Step x87_handler(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu); flow != Flow::next) [[unlikely]]
        return flow;
    CpuState& state = cpu.state;
    alignas(16) Bytes<16> operand;
    u8* memory = operand.byte.data();
    if constexpr (access == X87Access::load) {
        if constexpr (size == 10) GUEST_TRY(check_extended_alignment(cpu, insn, AccessKind::Read));
        memory = const_cast<u8*>( // only read from
            GUEST_TRY(cpu.view(insn.memory.segment, cpu.effective_offset(insn), size, operand.byte.data())));
    }
    FpuThunks& thunks = *cpu.fpu_thunks;
    const X87Routine& routine =
        kept_routine<X87Routine>(insn, [&]() -> const X87Routine& { return thunks.x87(insn.opcode, insn.modrm); });
    if (thunks.use_short_ways) [[likely]] {
        const X87Form& form = routine.form;
        X87Frame frame;
        u32 outcome = 0;
        if (run_short(routine, state.fpu, memory, frame, outcome)) [[likely]] {
            if constexpr (access == X87Access::store) GUEST_TRY((store_operand<size>(cpu, insn, operand)));
            commit_short(state.fpu, form, frame, outcome);
            if (form.sets_flags) state.arithmetic_flags = host::flags_from_ax(outcome >> 16);
            set_pointers(cpu, insn);
            return Flow::next;
        }
    }
    load_image(thunks.image, state.fpu);
    const u32 ax = routine.full(&thunks.image, memory, host::flags_to_ax(state.arithmetic_flags));
    if constexpr (access == X87Access::store) {
        // An unmasked exception found before or while rounding suppresses the store; precision does not.
        const u16 unmasked = thunks.image.fsw & static_cast<u16>(~thunks.image.fcw);
        if (!(unmasked & (invalid | overflow | underflow))) GUEST_TRY((store_operand<size>(cpu, insn, operand)));
    }
    commit_image(cpu, thunks.image);
    state.arithmetic_flags = host::flags_from_ax(ax);
    set_pointers(cpu, insn);
    return Flow::next;
}

template <X87Access access>
Handler by_operand_size(unsigned size) {
    switch (size) {
    case 2: return x87_handler<access, 2>;
    case 4: return x87_handler<access, 4>;
    case 8: return x87_handler<access, 8>;
    case 10: return x87_handler<access, 10>;
    default: return nullptr;
    }
}

const Operand* memory_of(const Insn& insn) {
    for (const Operand& operand : insn.operands)
        if (operand.kind == OperandKind::memory) return &operand;
    return nullptr;
}

} // namespace

namespace select {

Handler x87(const Insn& insn) {
    const Operand* memory = memory_of(insn);
    return memory ? by_operand_size<X87Access::load>(memory->size) : x87_handler<X87Access::none, 0>;
}

Handler x87_store(const Insn& insn) {
    const Operand* memory = memory_of(insn);
    return memory ? by_operand_size<X87Access::store>(memory->size) : x87_handler<X87Access::none, 0>;
}

} // namespace select

} // namespace ringshift
