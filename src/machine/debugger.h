// What a debugger sees and changes; for the gdb stub. All calls on the thread of Machine::run(), between instructions.
#pragma once

#include "base/types.h"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace ringshift {

struct DebugRegisters {
    std::array<u32, 8> general{}; ///< EAX ECX EDX EBX ESP EBP ESI EDI
    u32 eip = 0;
    u32 eflags = 0;
    std::array<u16, 6> segments{}; ///< ES CS SS DS FS GS
    std::array<u32, 6> segment_bases{};
    u32 cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0; ///< read only
    std::array<u8, 512> fxsave{};           ///< x87 and SSE, as FXSAVE writes them
    u8 privilege_level = 0;                 ///< read only
    bool code_is_32bit = false;             ///< read only
};

enum class WatchKind : u8 { write, read, access };

struct Watch {
    u32 address = 0; ///< linear
    u32 size = 1;
    WatchKind kind = WatchKind::write;
    bool operator==(const Watch&) const = default;
};

class Debugger {
  public:
    virtual ~Debugger() = default;
    virtual DebugRegisters registers() = 0;
    /// General registers, EIP, the flags and FXSAVE state; segment registers only by value (their hidden parts follow
    /// in real mode and V86 mode alone).
    virtual void set_registers(const DebugRegisters& registers) = 0;
    /// Linear addresses, with the guest's page tables; the number of bytes that are there.
    virtual std::size_t read_memory(u32 address, std::span<u8> out) = 0;
    virtual std::size_t write_memory(u32 address, std::span<const u8> in) = 0;
    /// Linear addresses. Execution pauses before the instruction (not before the first one after resuming).
    virtual void set_breakpoints(std::vector<u32> addresses) = 0;
    /// Execution pauses after the instruction that made the access.
    virtual void set_watches(std::vector<Watch> watches) = 0;
    /// After set_paused(false) one instruction runs and the guest is paused again.
    virtual void step_on_resume() = 0;
    /// Why it was paused last, if by a watch.
    virtual std::optional<Watch> hit() const = 0;
};

} // namespace ringshift
