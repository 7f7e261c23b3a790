// Segment and gate descriptors as they lie in the GDT, LDT and IDT (SDM vol. 3A, 3.4.5, 5.8.3 and 6.11), and the checks
// that far transfers, task switches and event delivery share.
#pragma once

#include "cpu/cpu.h"

#include <optional>

namespace ringshift {

/// Types of system descriptors (SDM vol. 3A, table 3-2).
namespace system_type {
inline constexpr u8 tss16_available = 1, ldt = 2, tss16_busy = 3, call_gate16 = 4, task_gate = 5, interrupt_gate16 = 6,
                    trap_gate16 = 7, tss32_available = 9, tss32_busy = 11, call_gate32 = 12, interrupt_gate32 = 14,
                    trap_gate32 = 15;
inline constexpr u8 busy = 2; ///< the bit that tells a busy TSS from an available one
} // namespace system_type

struct Descriptor {
    u64 raw = 0;
    LinearAddr address; ///< where it lies, for the accessed and busy bits

    /// As in Segment::attributes.
    u16 attributes() const { return static_cast<u16>(((raw >> 40) & 0xFF) | ((raw >> 44) & 0xF00)); }
    bool has(u16 attribute) const { return (attributes() & attribute) != 0; }
    u32 base() const { return static_cast<u32>(((raw >> 16) & 0xFFFFFF) | ((raw >> 32) & 0xFF000000)); }
    /// In bytes, after granularity.
    u32 limit() const {
        const u32 units = static_cast<u32>((raw & 0xFFFF) | ((raw >> 32) & 0xF0000));
        return has(segment_attribute::g) ? (units << 12) | 0xFFF : units;
    }
    u8 type() const { return attributes() & segment_attribute::type; }
    u8 dpl() const { return static_cast<u8>((attributes() >> 5) & 3); }
    bool present() const { return has(segment_attribute::p); }
    bool is_system() const { return !has(segment_attribute::s); }
    bool is_system(u8 wanted) const { return is_system() && type() == wanted; }
    bool is_code() const { return !is_system() && has(segment_attribute::code); }
    bool is_data() const { return !is_system() && !has(segment_attribute::code); }
    bool is_conforming() const { return is_code() && has(segment_attribute::conforming); }
    bool is_readable() const { return is_data() || (is_code() && has(segment_attribute::readable)); }
    bool is_writable() const { return is_data() && has(segment_attribute::writable); }
    bool is_tss() const { return is_system() && (type() & ~(system_type::busy | 8)) == system_type::tss16_available; }
    bool is_available_tss() const { return is_tss() && (type() & system_type::busy) == 0; }
    bool is_busy_tss() const { return is_tss() && (type() & system_type::busy) != 0; }

    // Gates.
    u16 gate_selector() const { return static_cast<u16>(raw >> 16); }
    /// 16-bit gates ignore the upper half.
    u32 gate_offset() const {
        const u32 low = static_cast<u32>(raw & 0xFFFF);
        return gate_size() == 4 ? low | static_cast<u32>((raw >> 32) & 0xFFFF0000) : low;
    }
    u8 gate_parameters() const { return static_cast<u8>((raw >> 32) & 0x1F); }
    /// Operand size in bytes of a gate or TSS: bit 3 of the type.
    u8 gate_size() const { return (type() & 8) != 0 ? 4 : 2; }
};

inline bool is_null(u16 selector) { return (selector & 0xFFFC) == 0; }
inline u8 requested_privilege(u16 selector) { return static_cast<u8>(selector & 3); }
inline bool is_local(u16 selector) { return (selector & 4) != 0; }
/// The error code that names a segment: index and TI, EXT clear (delivery sets it).
inline u32 selector_error(u16 selector) { return selector & 0xFFFCu; }

/// The descriptor in the GDT or LDT; nothing if it lies outside the table's limit. May raise #PF. A null selector is
/// the caller's business.
Maybe<std::optional<Descriptor>> find_descriptor(Cpu& cpu, u16 selector);
/// The same, but raises `vector`(selector) if it is outside the table.
Maybe<Descriptor> fetch_descriptor(Cpu& cpu, u16 selector, Vector vector);
/// Sets the accessed bit, in memory too. May raise #PF.
Maybe<void> mark_accessed(Cpu& cpu, Descriptor& descriptor);
/// Sets or clears the busy bit of a TSS descriptor in memory.
Maybe<void> write_busy(Cpu& cpu, Descriptor& descriptor, bool busy);
/// A segment register's content in protected mode.
Segment make_segment(u16 selector, const Descriptor& descriptor);
/// A data segment register that holds a null selector: every access faults.
Segment make_null_segment(const Segment& before, u16 selector);
/// A virtual-8086 mode segment (SDM vol. 3A, 20.1.1).
Segment make_v86_segment(u16 selector);

/// The code segment that a JMP, CALL, RET or IRET names directly; `rpl_is_cpl` for the returns, whose RPL becomes the
/// CPL. Raises #GP or #NP (SDM vol. 3A, 5.8.1). Not yet marked accessed.
enum class CodeTarget : u8 { transfer, return_ };
Maybe<Descriptor> fetch_code_target(Cpu& cpu, u16 selector, CodeTarget kind);
/// A stack segment for privilege `cpl`: raises #`vector`(selector), or #SS(selector) if it is not present. Accessed is
/// set.
Maybe<Segment> fetch_stack_segment(Cpu& cpu, u16 selector, u8 cpl, Vector vector);
/// Puts CS:RIP and CPL in force; `selector`'s RPL is replaced by `cpl`.
void set_code_segment(Cpu& cpu, u16 selector, const Descriptor& descriptor, u8 cpl, u32 ip);

/// LLDT; `vector` and `absent` say what to raise for a wrong descriptor and for one that is not present.
Maybe<void> load_ldtr(Cpu& cpu, u16 selector, Vector vector, Vector absent);
/// LTR.
Maybe<void> load_task_register(Cpu& cpu, u16 selector);

/// LAR: the access rights (not masked to the operand size), or nothing if they may not be seen.
Maybe<std::optional<u32>> access_rights(Cpu& cpu, u16 selector);
/// LSL: the limit in bytes, or nothing.
Maybe<std::optional<u32>> segment_limit(Cpu& cpu, u16 selector);
/// VERR, VERW.
Maybe<bool> verify_segment(Cpu& cpu, u16 selector, bool for_writing);

/// The stack pointer for privilege level `cpl` in the current TSS, as SS:ESP (SDM vol. 3A, 5.8.5); raises #TS.
struct InnerStack {
    u16 selector = 0;
    u32 pointer = 0;
};
Maybe<InnerStack> read_inner_stack(Cpu& cpu, u8 cpl);

/// Pushes on a stack whose pointer is put in force only at the end, so that a fault on the way leaves SS:ESP alone.
class StackWriter {
  public:
    /// `error_code` is that of the #SS for what does not fit; `cpl` is whose accesses the stores are.
    StackWriter(Cpu& cpu, const Segment& segment, u32 pointer, u8 cpl, u32 error_code)
        : m_cpu(cpu), m_segment(segment), m_pointer(pointer),
          m_privilege(cpl == 3 ? Privilege::User : Privilege::Supervisor), m_error_code(error_code) {}
    /// On the current stack; #SS(0).
    explicit StackWriter(Cpu& cpu)
        : StackWriter(cpu, cpu.state.segment(SegmentName::ss), cpu.stack_pointer(), cpu.state.cpl, 0) {}

    /// Raises #SS unless `count` values of `size` bytes fit.
    Maybe<void> reserve(u8 size, unsigned count);
    Maybe<void> push(u8 size, u32 value);
    u32 pointer() const { return m_pointer; }
    /// Writes eSP, by the B flag of the segment given.
    void commit_pointer();

  private:
    u32 below(u32 pointer, u8 size) const { return m_segment.is_32bit() ? pointer - size : (pointer - size) & 0xFFFF; }

    Cpu& m_cpu;
    Segment m_segment;
    u32 m_pointer;
    Privilege m_privilege;
    u32 m_error_code;
};

/// Nested task return, JMP, CALL and gates: the checks on the TSS descriptor are the caller's, except its limit.
/// `saved_flags` is the EFLAGS image for the old TSS.
struct TaskSwitch {
    u16 selector = 0;
    Descriptor descriptor;
    TransferKind kind = TransferKind::jump;
    u32 return_ip = 0;
    u32 saved_flags = 0;
    std::optional<u32> error_code; ///< to push on the new task's stack
};
Maybe<void> switch_task(Cpu& cpu, const TaskSwitch& request);
/// The TSS that a task gate names: #GP or #NP unless it is in the GDT, available and present (SDM vol. 3A, 7.2.5).
Maybe<Descriptor> fetch_gate_tss(Cpu& cpu, u16 selector);

} // namespace ringshift
