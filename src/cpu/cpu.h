// The virtual processor that every engine drives: state, memory, pins, and the operations that instructions are made
// of. It does not run anything by itself: an Engine does (cpu/engine.h).
//
// Contract of every operation: it raises at most one exception, and then nothing of the instruction is committed.
// Handlers keep to the order probe, compute, store, then registers, flags, RIP.
#pragma once

#include "cpu/exception.h"
#include "cpu/model.h"
#include "cpu/platform.h"
#include "cpu/state.h"
#include "mmu/mmu.h"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace ringshift {

/// Where an event comes from; it decides privilege checks and the EXT bit (SDM vol. 3A, 6.12.1.1 and 6.13).
enum class EventSource : u8 {
    exception,          ///< a fault or trap of the processor
    external_interrupt, ///< INTR
    nmi,
    software_interrupt, ///< INT n
    software_exception, ///< INT3 and INTO: gate DPL is checked
    icebp,              ///< INT1: gate DPL is not checked
};

/// What sort of access an interpreted far transfer or task switch is.
enum class TransferKind : u8 { jump, call, interrupt, iret };

class FpuThunks;

class Cpu {
  public:
    /// `model` and the others outlive the Cpu.
    Cpu(const CpuModel& model, PhysicalMap& memory, Platform& platform);
    ~Cpu();

    CpuState state;
    Mmu mmu;
    const CpuModel& model;
    Platform& platform;
    /// Valid after an operation returned Raised.
    Exception exception;
    std::atomic<u32> attention{0};
    /// A debugger's watchpoints; a hit stops the engine after the instruction.
    struct Watchpoint {
        LinearAddr address;
        u32 size = 1;
        bool on_read = false;
        bool on_write = true;
        bool operator==(const Watchpoint&) const = default;
    };
    std::vector<Watchpoint> watchpoints; ///< after a change: update_debug()
    std::optional<Watchpoint> watchpoint_hit;
    bool string_runs = true; ///< repeated string instructions may do many elements at once

    /// Host routines for x87, MMX and SSE instructions (interp/fpu/thunk.h).
    const std::unique_ptr<FpuThunks> fpu_thunks;

    void reset();
    void archive(Archive& ar);

    // --- Attention (any thread) ------------------------------------------------------------------------------------
    void raise_attention(u32 bits) { attention.fetch_or(bits); }
    void clear_attention(u32 bits) { attention.fetch_and(~bits); }
    /// CPU thread, during an instruction: run() looks up after this instruction.
    void end_block() {
        state.budget_reserve += state.budget;
        state.budget = 0;
    }

    // --- Exceptions --------------------------------------------------------------------------------------------------
    Raised raise(Vector vector);                 ///< without error code
    Raised raise(Vector vector, u32 error_code); ///< with
    Raised raise_gp(u32 error_code = 0) { return raise(Vector::general_protection, error_code); }
    Raised raise_ud() { return raise(Vector::invalid_opcode); }
    Raised raise_page_fault(const MemoryOutcome& outcome);

    // --- Memory by segment and offset (cpu/memory.h)
    // --------------------------------------------------------------------
    /// Offset of a memory operand: modulo the address size.
    u32 effective_offset(const Insn& insn) const {
        const MemoryOperand& m = insn.memory;
        const u32 sum =
            static_cast<u32>(state.gpr[m.base]) + (static_cast<u32>(state.gpr[m.index]) << m.scale) + m.displacement;
        return insn.address_size == 4 ? sum : sum & 0xFFFF;
    }
    template <typename T>
    Maybe<T> read(SegmentName segment, u32 offset);
    template <typename T>
    Maybe<void> write(SegmentName segment, u32 offset, T value);
    /// An operand of `size` bytes where it is, or copied to `buffer`: to be read at once and not written.
    Maybe<const u8*> view(SegmentName segment, u32 offset, unsigned size, u8* buffer);
    /// A read-modify-write operand: checked for writing before it is read (a fault is a write fault).
    template <typename T>
    struct Place {
        u8* host; ///< direct, or null: by linear address
        LinearAddr linear;
        T value; ///< as read
    };
    template <typename T>
    Maybe<Place<T>> open(SegmentName segment, u32 offset);
    template <typename T>
    Maybe<void> store(const Place<T>& place, T value);
    /// Segment checks only: the linear address, or #GP/#SS. `size` in bytes.
    Maybe<LinearAddr> linear(SegmentName segment, u32 offset, unsigned size, AccessKind kind);
    /// Any size, by bytes; for FXSAVE, descriptors, strings.
    Maybe<void> read_bytes(LinearAddr address, std::span<u8> out, Privilege privilege);
    Maybe<void> write_bytes(LinearAddr address, std::span<const u8> in, Privilege privilege);
    Maybe<void> check_access(LinearAddr address, unsigned size, Access access);
    /// System structures: always supervisor.
    template <typename T>
    Maybe<T> read_system(LinearAddr address);
    template <typename T>
    Maybe<void> write_system(LinearAddr address, T value);
    Privilege data_privilege() const { return state.cpl == 3 ? Privilege::User : Privilege::Supervisor; }

    // --- Stack (SS:eSP by SS.B)
    // ------------------------------------------------------------------------------------------
    u32 stack_pointer() const {
        return state.segment(SegmentName::ss).is_32bit() ? state.reg<u32>(Gpr::sp) : state.reg<u16>(Gpr::sp);
    }
    void set_stack_pointer(u32 value) {
        if (state.segment(SegmentName::ss).is_32bit())
            state.set_reg<u32>(Gpr::sp, value);
        else
            state.set_reg<u16>(Gpr::sp, static_cast<u16>(value));
    }
    u32 stack_offset(u32 value) const { return state.segment(SegmentName::ss).is_32bit() ? value : value & 0xFFFF; }
    /// Stores below SP and moves SP. 16-bit pushes of a 32-bit value take the low half.
    template <typename T>
    Maybe<void> push(T value);
    /// Reads at SP + displacement without moving SP.
    template <typename T>
    Maybe<T> peek(u32 displacement = 0);

    // --- Instruction pointer
    // -------------------------------------------------------------------------------------------------
    u32 next_ip(const Insn& insn) const { return static_cast<u32>(state.rip) + insn.length; }
    /// A near transfer: truncates to the operand size, checks the CS limit (#GP(0)), sets RIP.
    Step near_jump(const Insn& insn, u32 target);

    // --- Segments and far transfers (cpu/segmentation.cpp, cpu/transfer.cpp, cpu/task.cpp)
    // ---------------------------------
    /// MOV/POP/LxS to a segment register other than CS.
    Maybe<void> load_segment(SegmentName name, u16 selector);
    /// Real or V86 mode load: base = selector * 16; limit and attributes stay (V86: fixed).
    void load_segment_real(SegmentName name, u16 selector);
    /// JMP, CALL ptr16:16/32 and m16:16/32; sets CS:RIP. `return_ip`: the next instruction, for CALL and task switches.
    Maybe<void> far_jump(u16 selector, u32 offset, u8 operand_size, u32 return_ip);
    Maybe<void> far_call(u16 selector, u32 offset, u8 operand_size, u32 return_ip);
    Maybe<void> far_return(u8 operand_size, u32 release_bytes);
    Maybe<void> interrupt_return(u8 operand_size, u32 return_ip);
    /// Bases, limits and attributes of real or V86 mode after a mode switch; recomputes what depends on CR0, EFLAGS and
    /// CPL.
    void update_mode();
    /// Copies CR0, CR3, CR4, EFER, PDPTEs and A20 to the MMU and flushes as asked.
    enum class Flush : u8 { none, non_global, all };
    void update_paging(Flush flush);
    /// Watched pages follow DR7 and `watchpoints`; also does update_alignment_check().
    void update_debug();
    /// While #AC can happen at CPL 3 every access takes the slow path; call after a change of CR0.AM or EFLAGS.AC.
    void update_alignment_check();

    // --- Events (cpu/delivery.cpp)
    // ---------------------------------------------------------------------------------------------
    /// Delivers an interrupt or exception through the IDT (or IVT) with all the checks; a fault while delivering
    /// becomes that fault, a double fault or shutdown (SDM vol. 3A, table 6-5). RIP is that of the faulting instruction
    /// for faults; `return_ip` is what is pushed. Ends with state.activity == shutdown on a triple fault.
    void deliver(EventSource source, u8 vector, bool has_error_code, u32 error_code, u32 return_ip);
    /// Delivers `exception` as raised by the instruction at RIP.
    void deliver_exception();
    /// INT n, INT3, INTO, INT1 as instructions: in V86 mode with IOPL and VME rules.
    Step software_interrupt(EventSource source, u8 vector, u32 return_ip);

    // --- Other privileged operations
    // ----------------------------------------------------------------------------------------------
    /// IOPL and the I/O permission bitmap (SDM vol. 1, 18.5); raises #GP(0).
    Maybe<void> check_io(u16 port, unsigned size);
    /// After IN, OUT and each element of INS and OUTS: I/O breakpoints (SDM vol. 3B, 17.3.1.2).
    void note_port_access(u16 port, unsigned size);
    Maybe<void> write_cr0(u64 value);
    Maybe<void> write_cr3(u64 value);
    Maybe<void> write_cr4(u64 value);
    Maybe<u64> read_msr(u32 index);
    Maybe<void> write_msr(u32 index, u64 value);
    /// A20 gate, by the board.
    void set_a20(bool enabled);

    /// EFLAGS as POPF or IRET may change them at this privilege (SDM vol. 2B, POPF): returns what was changed in state.
    void load_flags(u32 value, u32 mask);

  private:
    Raised segment_fault(SegmentName segment); ///< #SS(0) for SS, else #GP(0)
    bool read_slow(LinearAddr address, void* out, unsigned size);
    bool write_slow(LinearAddr address, const void* in, unsigned size);
    bool alignment_fault(LinearAddr address, unsigned size);
    void note_data_access(LinearAddr address, unsigned size, AccessKind kind);

    /// A store that changes translations holds for the next instruction already.
    struct Changes final : Mmu::ChangeListener {
        explicit Changes(Cpu& changed) : cpu(changed) {}
        void translations_changed() override { cpu.end_block(); }
        Cpu& cpu;
    } m_changes{*this};
};

} // namespace ringshift
