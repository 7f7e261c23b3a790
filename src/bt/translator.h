// One block of guest code to one block of host code.
#pragma once

#include "bt/emitter.h"
#include "bt/options.h"
#include "bt/reencode.h"
#include "bt/share.h"
#include "bt/verifier.h"

#include <map>
#include <memory>
#include <optional>

namespace ringshift::bt {

/// A block of these may compare its bytes at entry instead of being told of writes: none but the last instruction
/// writes memory.
bool may_check_itself(const Block& block);
/// The bytes of such a block that have to be the same: all but immediates that it reads anew each time.
std::vector<bool> compared_bytes(const Block& block);

/// Jcc: what a block may go on behind.
bool is_conditional_jump(Mnemonic mnemonic);
/// A near CALL that is paired with a return; CALL of the next instruction only asks where it is.
bool returns_here(const Insn& insn);

class Translator {
  public:
    Translator(Cpu& cpu, Emitter& emitter, const Options& options)
        : m_cpu(cpu), m_e(emitter), m_options(options), m_verifier(emitter) {}

    /// Fills in everything but the block's place. `block` has its key, its bytes and its instructions. The code does
    /// not depend on where it will lie, and is valid until the next call.
    std::span<const u8> translate(Block& block, const Mode& mode, bool record);
    /// Those of the block that was translated last, for `block`, which is the same or was translated in the same way.
    std::unique_ptr<Sites> make_sites(Block& block);

  private:
    const Insn& insn(u32 i) const { return m_block->insns[i].insn; }
    u32 next_rip(u32 i) const { return m_sites[i].next_rip(); }

    // translator.cpp
    void emit_entry();
    /// Instructions that are entered at the first of them only, and take their part of the budget together: up to a
    /// CALL that the block goes on behind, or to its end.
    struct Stretch {
        u32 first = 0, end = 0;
        std::optional<u32> check_at; ///< before this instruction the budget is checked; nothing: where it is entered
        bool checked = true;         ///< whoever leaves it has checked the budget
        u32 size() const { return end - first; }
        i32 change() const { return 1 - static_cast<i32>(size() << budget_shift); } ///< of r13
    };
    void plan_stretches();
    Stretch plan_stretch(u32 first, u32 end) const;
    const Stretch& stretch_of(u32 i) const;
    void emit_budget_check(const Stretch& stretch, const asmjit::Label& near);
    void emit_stretch_entry(const Stretch& stretch, const asmjit::Label& near);
    bool overwrites_flags(const Insn& insn) const;
    void emit_leave_for(u32 rip);
    void emit_late_check(u32 i);
    void emit_instruction(u32 i);
    bool emit_special(u32 i);
    void emit_handler_call(u32 i, const char* why);
    /// Nothing but the call, for where a mark stands already.
    void emit_call_of_site(u32 i);
    /// The same in the place of what insn i would have done, with its RCX in r12.
    void emit_handler_instead(u32 i, const asmjit::Label& after);
    void emit_arrival_count();

    // emit_self_check.cpp
    void emit_self_check(const asmjit::Label& refused);
    bool reads_own_immediate(u32 i) const;
    void emit_with_own_immediate(u32 i);
    void emit_arrival(Level level);
    void emit_direct_exit(u32 target, Level level = Level::linked);
    /// A host call that is linked as a jump is; the landing follows.
    void emit_paired_call(u32 target);
    /// Where the handler of a branch goes on: RIP is set.
    void emit_after_handler(u32 i, const asmjit::Label& after);
    /// The end of an unconditional branch. `after` is where its handler would go on, which never does.
    void emit_no_successor(const asmjit::Label& after);
    /// A conditional jump that is the taken exit of a block.
    void emit_conditional_exit(x86::CondCode condition, u32 target);
    void emit_side_exit(u32 i, x86::CondCode condition, u32 target);
    asmjit::Label new_link(u32 target, u32 patch, bool checked);
    /// r9: the target's EIP.
    void emit_indirect_exit();
    void emit_own_target(u32 i, const std::function<void(const x86::Mem& code)>& go, const asmjit::Label* landing);

    // emit_memory.cpp
    enum class Intent : u8 { read, write };
    /// The address of insn i's memory operand, checked (with `aligned`: also to be a multiple of 16); the cold path
    /// calls the handler and goes on behind `after`.
    bool can_address(SegmentName segment, Intent intent) const;
    HostAddress emit_operand_address(u32 i, unsigned size, Intent intent, const asmjit::Label& after,
                                     bool aligned = false);
    /// The same for r9d = offset in `segment` (or another register if the segment is flat).
    HostAddress emit_lookup(u32 i, SegmentName segment, x86::Gp offset, unsigned size, Intent intent,
                            const asmjit::Label& after, bool aligned = false);
    struct LookupLabels {
        asmjit::Label miss;
        asmjit::Label other; ///< if valid: where to go instead if it is the page's tag that does not match
        asmjit::Label hit;   ///< behind the tag
    };
    /// The same, with rcx in r12 and no handler behind `miss`.
    HostAddress emit_lookup_or(u32 i, const LookupLabels& labels, SegmentName segment, x86::Gp offset, unsigned size,
                               Intent intent, bool aligned);
    void emit_limit_check(u32 i, const asmjit::Label& miss, SegmentName segment, x86::Gp offset, unsigned size,
                          Intent intent);
    /// r9d = offset + the segment's base.
    void emit_add_base(u32 i, SegmentName segment, x86::Gp offset);
    /// The same in the memory window, where the host's MMU looks.
    HostAddress emit_in_window(u32 i, SegmentName segment, x86::Gp offset, unsigned size, Intent intent,
                               const asmjit::Label& after);
    asmjit::Label emit_window_miss_later(u32 i, const asmjit::Label& after);
    bool through_window(u32 i) const;
    /// What comes next is an access that may fault.
    void note_access(HostAddress at);
    void emit_effective_offset(const Insn& insn, x86::Gp to = x86::r9d);

    // adapt.cpp
    /// Insn i looks the TLB up: its handler counts why that fails.
    void watch_access(u32 i, unsigned size, Intent intent);
    bool may_ask_device(u32 i) const;
    bool asks_device(u32 i) const;
    void emit_device_access(u32 i);
    bool looks_at_marks(u32 i, unsigned size) const;
    void emit_look_at_marks(u32 i, const LookupLabels& labels, x86::Gp offset, unsigned size);
    HostAddress emit_stack_lookup(u32 i, u32 below, unsigned size, Intent intent, const asmjit::Label& after);

    /// Insn i's memory operand, looked up by itself or with others (share.cpp).
    HostAddress emit_operand(u32 i, unsigned size, Intent intent, const asmjit::Label& after, bool aligned = false);
    /// The operand, for the instruction that is emitted next and no other.
    x86::Mem host_memory(HostAddress at, u32 size);
    void embed_access(const Encoded& e, HostAddress at) {
        if (at.window) note_access(at);
        m_e.a.embed(e.bytes.data(), e.size);
    }
    const Share& share_of(u32 i) const { return m_sharing_plan.shares[i]; }
    void plan_sharing();
    void emit_run(const SharingRun& run);

    // emit_integer.cpp
    bool emit_native(u32 i);
    asmjit::Label emit_rotate_back_later(u32 i, x86::Gp high, const asmjit::Label& miss);
    SharingFacts sharing_facts(u32 i) const;
    bool emit_lea(u32 i);
    bool emit_divide(u32 i);
    bool emit_stack(u32 i);
    bool emit_push(u32 i);
    bool emit_pop(u32 i);
    /// The stack pointer minus `below`, as an offset in SS: in r9, or where it is anyway.
    x86::Gp emit_stack_offset(u32 below);
    /// The stack is accessed by the stack pointer itself, with no scratch register.
    bool stack_in_window(u32 i) const;
    /// `size` bytes at the stack pointer minus `below`.
    HostAddress emit_stack_operand(u32 i, u32 below, unsigned size, Intent intent, const asmjit::Label& after);
    bool stack_is_wide() const;
    /// Adds to the stack pointer.
    void emit_release(u32 bytes);

    // emit_system.cpp
    Site make_site(u32 i, u32 rip) const;
    bool emit_system(u32 i);
    bool emit_sti(u32 i);
    bool emit_push_flags(u32 i);
    bool emit_pop_flags(u32 i);
    bool emit_move_from_system(u32 i);
    void emit_change_system_flag(u32 bit, bool on);
    bool owns_interrupt_flag() const;
    x86::Mem attention_word() const {
        const auto distance = reinterpret_cast<const u8*>(&m_cpu.attention) - reinterpret_cast<const u8*>(&m_cpu.state);
        return in_state(static_cast<std::size_t>(distance), 4);
    }
    /// At the end of the block: insn i by its handler, entered at `entry`, going on at `after`.
    void emit_handler_later(u32 i, const asmjit::Label& entry, const asmjit::Label& after, const char* why);

    // emit_string.cpp
    bool emit_string(u32 i);
    void emit_host_string(const Insn& in, u8 opcode, const asmjit::Label& miss);
    void emit_guest_offsets(bool source, bool destination);

    // emit_fpu.cpp
    /// policy.def has it as Native; MOVSD and CMPSD share their rows with string instructions.
    static bool runs_fpu_natively(const Insn& insn);
    bool emit_fpu(u32 i);
    void emit_load_fpu(u32 i, u16 needs);
    void emit_load_control_word(u32 i, HostAddress address, const asmjit::Label& after);
    void prepare_x87_pointers(u32 i);
    void emit_settle_x87_pointers(u32 i);
    void emit_settle_x87_data(u32 i);

    // emit_control.cpp
    bool emit_control(u32 i);
    bool emit_jcc(u32 i);
    bool emit_counted(u32 i);
    bool emit_call(u32 i);
    bool emit_return(u32 i);
    /// Where the return of a paired call lands: if r9, the EIP that the guest returned to, is that of the call.
    void emit_landing(u32 i);
    bool pairs(u32 i) const;
    bool emit_indirect_jump(u32 i);
    void emit_indirect_target(u32 i, const asmjit::Label& after);
    bool jump_in_limit(u32 target) const { return target <= m_mode->cs_limit; }
    bool any_target_in_limit(const Insn& insn) const {
        return m_mode->cs_limit == ~u32{0} || (insn.operand_size == 2 && m_mode->cs_limit >= 0xFFFF);
    }
    u32 relative_target(u32 i) const;

    Cpu& m_cpu;
    Emitter& m_e;
    const Options& m_options;
    Verifier m_verifier;
    Block* m_block = nullptr;
    const Mode* m_mode = nullptr;
    SharingPlan m_sharing_plan;
    u32 m_insn = 0; ///< the instruction that is being emitted
    std::vector<Stretch> m_stretches;
    bool m_sharing = false;                               ///< false in the second copy of a run
    std::map<u32, asmjit::Label> m_alone;                 ///< where the second copy of a leader begins
    std::vector<std::pair<WindowAccess, u32>> m_accesses; ///< with the labels of their cold code
    std::vector<Site> m_sites;                            ///< of all instructions
    std::vector<Link> m_links;
    std::vector<Sites::Call> m_calls; ///< of handlers, by instruction
    u64 m_called = 0;                 ///< bit by instruction: its handler may be
    u16 m_fpu_loaded = 0;             ///< of fpu_ready: what the code emitted so far has in the host's registers
    // Indexes of the instructions whose x87 pointers are still to be written.
    std::optional<u32> m_unsettled_code;
    std::optional<u32> m_unsettled_data;
    bool m_falls_through = true; ///< the block's end can be reached
};

} // namespace ringshift::bt
