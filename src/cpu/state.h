// The architectural state of one x86 processor: a plain struct with fixed offsets, shared by every engine.
#pragma once

#include "base/archive.h"
#include "base/types.h"
#include "cpu/isa/insn.h"

#include <array>
#include <atomic>
#include <limits>

namespace ringshift {

/// EFLAGS (SDM vol. 1, 3.4.3).
namespace flag {
inline constexpr u32 cf = 1u << 0, pf = 1u << 2, af = 1u << 4, zf = 1u << 6, sf = 1u << 7, tf = 1u << 8, if_ = 1u << 9,
                     df = 1u << 10, of = 1u << 11, iopl = 3u << 12, nt = 1u << 14, rf = 1u << 16, vm = 1u << 17,
                     ac = 1u << 18, vif = 1u << 19, vip = 1u << 20, id = 1u << 21;
/// What an ALU computes; kept apart in CpuState::arithmetic_flags.
inline constexpr u32 arithmetic = cf | pf | af | zf | sf | of;
inline constexpr u32 always_one = 2;
} // namespace flag

namespace cr0 {
inline constexpr u64 pe = 1u << 0, mp = 1u << 1, em = 1u << 2, ts = 1u << 3, et = 1u << 4, ne = 1u << 5, wp = 1u << 16,
                     am = 1u << 18, nw = 1u << 29, cd = 1u << 30, pg = 1u << 31;
}
namespace cr4 {
inline constexpr u64 vme = 1u << 0, pvi = 1u << 1, tsd = 1u << 2, de = 1u << 3, pse = 1u << 4, pae = 1u << 5,
                     mce = 1u << 6, pge = 1u << 7, pce = 1u << 8, osfxsr = 1u << 9, osxmmexcpt = 1u << 10,
                     umip = 1u << 11, smep = 1u << 20;
}
namespace efer {
inline constexpr u64 nxe = 1u << 11;
}

/// Attributes of a segment: descriptor bits 40-47 in bits 0-7 and descriptor bits 52-55 in bits 8-11 (SDM vol.
/// 3A, 3.4.5).
namespace segment_attribute {
inline constexpr u16 type = 0xF, accessed = 1, writable = 2 /*data*/, readable = 2 /*code*/, expand_down = 4 /*data*/,
                     conforming = 4 /*code*/, code = 8, s = 1u << 4, dpl = 3u << 5, p = 1u << 7, avl = 1u << 8,
                     l = 1u << 9, db = 1u << 10, g = 1u << 11;
}

/// A segment register with its hidden part.
struct Segment {
    u16 selector = 0;
    u16 attributes = 0;
    u32 limit = 0; ///< effective, in bytes, after granularity
    u64 base = 0;
    // Derived by update(): which offsets may be accessed. An access of `size` bytes at `offset` is within the segment
    // if u32(offset - low) + size - 1 <= span (64-bit signed): one comparison for expand-up, expand-down, flat and
    // unusable.
    u32 low = 0;
    u32 usable = 0; ///< 0: null selector loaded in protected mode; data accesses give #GP(0) (#SS(0) for SS)
    i64 read_span = -1;
    i64 write_span = -1;

    u8 dpl() const { return static_cast<u8>((attributes >> 5) & 3); }
    u8 type() const { return attributes & segment_attribute::type; }
    bool is_code() const {
        return (attributes & (segment_attribute::s | segment_attribute::code)) ==
               (segment_attribute::s | segment_attribute::code);
    }
    bool is_32bit() const { return (attributes & segment_attribute::db) != 0; }
    bool flat() const { return base == 0 && read_span == flat_span; }
    static constexpr i64 flat_span = std::numeric_limits<i64>::max();

    /// Recomputes the derived fields; call after any change of attributes, limit or usable. `real_mode`: real or V86
    /// mode, where every segment is readable and writable up to its limit.
    void update(bool real_mode);
    void archive(Archive& ar);
};

struct TableRegister {
    u64 base = 0;
    u32 limit = 0;
    void archive(Archive& ar) { ar(base, limit); }
};

/// The x87, MMX and SSE state in FXSAVE's memory layout for 32-bit mode (SDM vol. 1, table 10-2), 512 bytes. FIP, FCS,
/// FDP, FDS and FOP are the guest's own, kept by us.
struct alignas(64) FpuState {
    u16 fcw = 0x37F;
    u16 fsw = 0;
    u8 ftw = 0; ///< abridged: bit i is 1 if physical register i is not empty
    u8 reserved0 = 0;
    u16 fop = 0;
    u32 fip = 0;
    u16 fcs = 0;
    u16 reserved1 = 0;
    u32 fdp = 0;
    u16 fds = 0;
    u16 reserved2 = 0;
    u32 mxcsr = 0x1F80;
    u32 mxcsr_mask = 0;
    std::array<std::array<u8, 16>, 8> st{}; ///< ST(i), by stack position; 10 bytes used
    std::array<std::array<u8, 16>, 8> xmm{};
    std::array<u8, 224> reserved3{};
};
static_assert(sizeof(FpuState) == 512);

/// Reasons to look up between two instructions; bits of CpuState::attention. Set from any thread; cleared by the CPU
/// thread.
namespace attention {
inline constexpr u32 interrupt = 1; ///< the INTR pin is high (level; cleared when the pin goes low)
inline constexpr u32 nmi = 2;       ///< an NMI edge
inline constexpr u32 stop = 4;      ///< leave run() with Exit::Stopped
} // namespace attention

/// Activity states (SDM vol. 3A, 8.10.1; vol. 3C, 24.4.2).
enum class Activity : u8 { running, halted, shutdown };

/// What inhibits events for one instruction boundary (SDM vol. 3A, 6.8.3).
enum class Shadow : u8 { none, sti, mov_ss };

struct CpuState {
    /// Slot 16 is always zero: the absent base or index of an address. In 32-bit operation upper halves are zero.
    std::array<u64, 17> gpr{};
    u64 rip = 0;
    u32 arithmetic_flags = 0; ///< CF PF AF ZF SF OF at their architectural places; all other bits zero
    u32 system_flags = 0;     ///< all the other bits of EFLAGS (TF IF DF IOPL NT RF VM AC VIF VIP ID)
    u8 cpl = 0;
    Activity activity = Activity::running;
    Shadow shadow = Shadow::none;
    bool nmi_blocked = false; ///< between an NMI and the next IRET
    u32 pending_debug = 0;    ///< DR6 bits to report in a #DB trap after the current instruction
    /// Instructions (REP: elements) that may still run before run() must return; counted down by every engine. An
    /// attention during an instruction moves what is left to budget_reserve, so that zero is the only thing to test.
    i64 budget = 0;
    i64 budget_reserve = 0;

    std::array<Segment, 6> segments{}; ///< by SegmentName
    Segment ldtr;
    Segment tr;
    TableRegister gdtr;
    TableRegister idtr;
    u64 cr0 = 0x60000010;
    u64 cr2 = 0;
    u64 cr3 = 0;
    u64 cr4 = 0;
    u64 efer = 0;
    std::array<u64, 4> pdpte{};
    std::array<u64, 8> dr{}; ///< 4 and 5 unused
    bool a20 = true;

    // Model-specific registers with behaviour (SDM vol. 4).
    u64 sysenter_cs = 0, sysenter_esp = 0, sysenter_eip = 0;
    u64 pat = 0x0007040600070406;
    u64 mtrr_def_type = 0;
    std::array<u64, 16> mtrr_variable{}; ///< base and mask, 8 pairs
    std::array<u64, 11> mtrr_fixed{};    ///< 64K_00000, 16K_80000, 16K_A0000, 4K_C0000 .. 4K_F8000
    u64 misc_enable = 1;
    i64 tsc_offset = 0;         ///< added to the machine's TSC; changed by WRMSR to IA32_TIME_STAMP_COUNTER
    u64 microcode_revision = 0; ///< IA32_BIOS_SIGN_ID; CPUID leaf 1 puts the revision into its upper half
    u32 tsc_aux = 0;

    FpuState fpu;
    bool fpu_exception_pending = false; ///< an unmasked x87 exception waits for the next waiting instruction (FSW.ES)

    Segment& segment(SegmentName name) { return segments[static_cast<std::size_t>(name)]; }
    const Segment& segment(SegmentName name) const { return segments[static_cast<std::size_t>(name)]; }
    u32 eflags() const { return arithmetic_flags | system_flags | flag::always_one; }
    /// Replaces all of EFLAGS; reserved bits are forced. No checks.
    void set_eflags(u32 value);
    bool protected_mode() const { return (cr0 & cr0::pe) != 0; }
    bool paging() const { return (cr0 & cr0::pg) != 0; }
    bool v86_mode() const { return (system_flags & flag::vm) != 0; }
    /// Real-address or virtual-8086 mode: segment bases follow from selectors.
    bool real_or_v86() const { return !protected_mode() || v86_mode(); }
    /// VIF and VIP are both set where the processor looks at them: instead of the next instruction comes #GP(0) (SDM
    /// vol. 3A, 20.3.2 and 20.4). POPF, STI and IRET at CPL 3 cannot cause it; a transfer to CPL 3 can.
    bool virtual_interrupt_due() const {
        constexpr u32 both = flag::vif | flag::vip;
        return (system_flags & both) == both && cpl == 3 && iopl() < 3 &&
               (cr4 & (v86_mode() ? cr4::vme : cr4::pvi)) != 0;
    }
    u8 iopl() const { return static_cast<u8>((system_flags >> 12) & 3); }

    template <typename T>
    T reg(Gpr r) const {
        T value;
        __builtin_memcpy(&value, &gpr[static_cast<std::size_t>(r)], sizeof value);
        return value;
    }
    /// 8- and 16-bit writes leave the rest of the register; 32-bit writes clear the upper half.
    template <typename T>
    void set_reg(Gpr r, T value) {
        if constexpr (sizeof(T) == 4)
            gpr[static_cast<std::size_t>(r)] = value;
        else
            __builtin_memcpy(&gpr[static_cast<std::size_t>(r)], &value, sizeof value);
    }

    /// Power-up and RESET# state (SDM vol. 3A, table 9-1); `signature` is CPUID.1:EAX, found in EDX.
    void reset(u32 signature);
    void archive(Archive& ar);
};

} // namespace ringshift
