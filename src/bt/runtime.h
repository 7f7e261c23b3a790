// What generated code and the engine share: memory at fixed distances from the base register of the soft TLB, and the
// descriptors that code hands to its stubs.
//
// Register use in generated code (docs/design.md, "The translator"):
//
//     rax rcx rdx rbx rbp rsi rdi   the guest's registers of these names, upper halves zero
//     r8                            the guest's ESP; with memory windows its upper half may be anything
//     r9 r10 r11 r12                scratch; r12 keeps RCX while JECXZ looks at a condition
//     r13                           budget << budget_shift, plus the number of blocks entered since the engine entered
//     r14                           &FastTlb[0] + table_bias: its low bits make it a shift count as well
//     r15                           CpuState
//     RFLAGS                        the guest's six arithmetic flags, except inside one instruction's expansion
#pragma once

#include "base/types.h"
#include "bt/hook.h"
#include "bt/ledger.h"
#include "cpu/interp/decode_cache.h"
#include "cpu/isa/insn.h"

#include <array>
#include <bit>
#include <vector>

namespace ringshift::bt {

struct Block;
struct WindowAccess;

/// SHRX takes the low 5 or 6 bits of its count: 12 for 32-bit operands (page number), 44 for 64-bit ones (the sign of
/// the budget).
inline constexpr u32 table_bias = 44;
/// r13 counts blocks in its low bits. A budget in r13 is at most maximum_budget, so bits 44 and up are the sign.
inline constexpr u32 budget_shift = 21;
inline constexpr i64 maximum_budget = 1 << 20;

/// One instruction whose handler generated code calls. Most such calls are never taken: a block's sites are made when
/// the first of them is (site.cpp), and the instruction is decoded again when it is asked for.
struct Site {
    Handler handler = nullptr;
    const Insn* insn = nullptr; ///< insn_of(); null: nobody has asked
    Block* block = nullptr;
    u32 rip = 0;    ///< of the instruction
    u16 credit = 0; ///< what the guest's budget is more than that in r13
    u8 number = 0;  ///< of the instruction in the block
    u8 length = 0;  ///< of the instruction
    u32 next_rip() const { return rip + length; }
    u8 uncounted = 0; ///< 1: r13 does not count this entry of the block yet
    u8 continues = 0; ///< 1: Flow::stop does not leave the block (the handler asks for attention if it must)

    // The FPU (emit_fpu.cpp).
    bool watches_fpu = false; ///< the handler may change what is ready; then the block is left
    u8 fpu_loaded = 0;        ///< of fpu_ready: what the block has in the host's registers behind it
    /// Places in Sites::all: whose FIP, FCS and FOP the block has not written yet, and the same for FDP and FDS.
    static constexpr u8 nobody = 0xFF;
    u8 unsettled_code = nobody, unsettled_data = nobody;

    // An access by the soft TLB (adapt.cpp); then `handler` does in the end what handler_for() says.
    static constexpr u8 no_stack = 0xFF;
    u8 access_size = 0;
    u8 below = no_stack; ///< the access is so many bytes below the stack pointer, not at the memory operand
    bool writes : 1 = false;
    bool may_ask_device : 1 = false;
    u8 missed : 3 = 0;   ///< one in eight is looked at
    u16 to_device = 0;   ///< how many of those that were looked at
    u16 beside_code = 0; ///< the same
    i16 patience = 0;    ///< asking a device: what memory found in its place may still cost
};
static_assert(sizeof(Site) == 48);

/// The instruction of a site, whose bytes are Block::guest.
const Insn& insn_of(Cpu& cpu, Site& site);

/// Of a block: those that it may call, in the order of its instructions.
struct Sites {
    std::vector<Site> all;
    struct Call {
        u32 behind = 0; ///< offset in the block's code of what follows the call
        u8 place = 0;   ///< in `all`
    };
    std::vector<Call> calls;
};

/// A direct exit of a block: a jump that can be patched to the block that it leads to.
struct Link {
    Block* from = nullptr;
    Block* to = nullptr;  ///< linked to, or null
    u32 target = 0;       ///< EIP
    u32 patch = 0;        ///< offset in the block's code of the rel32 of the jump
    u32 stub = 0;         ///< offset of what it jumps to while not linked
    bool crosses = false; ///< the target lies in another page
    bool checked = false; ///< what leads here has checked the budget
    u8 refused = 0;       ///< how often it was taken back for another address space (links_spaces.cpp), ..
    u8 waited = 0;        ///< .. and not been armed for that
    Hook<Link> in_target; ///< while linked: among the target's incoming links
    Hook<Link> in_page;   ///< while linked across pages: among the links to the target's page (links.h)
    Hook<Link> in_source; ///< while linked to a page that address spaces keep: among the links from its own
};

enum class Leave : u32 {
    direct,   ///< by the link at Runtime::left_from; its target is not in RIP yet
    indirect, ///< RIP is set, the probe missed
    budget,   ///< the block at Runtime::left_from was not entered: the budget does not cover it
    step,     ///< Runtime::site's handler has run, and returned Runtime::flow
};

/// An access that has missed its window and is being done by its handler.
struct WindowMiss {
    bool there = false;
    bool user = false;
    bool write = false;
    u32 address = 0; ///< linear
    Block* block = nullptr;
    WindowAccess* access = nullptr; ///< of the block
};

/// Of EIP, in jump_index().
inline constexpr std::array<int, 2> jump_rotations{22, 6};

struct Runtime {
    // Stubs.
    const void* helper = nullptr;
    const void* helper_instead = nullptr; ///< the same, with the guest's RCX in r12
    const void* leave_direct = nullptr;
    const void* leave_indirect = nullptr;
    const void* leave_budget = nullptr;
    const void* load_sse = nullptr;
    const void* load_x87 = nullptr;
    const void* indirect = nullptr;   ///< looks r9 up and goes there
    const void* recall = nullptr;     ///< the same, and the target at r10 bytes of own_targets becomes that
    const void* left = nullptr;       ///< the way out, or on (stubs.cpp)
    const void* marks = nullptr;      ///< looks at the marks of code behind a page of Ring 0 to 2 (stubs.cpp), ..
    const void* user_marks = nullptr; ///< .. or of Ring 3

    // How generated code was left.
    Leave leave = Leave::direct;
    u32 flow = 0;
    u64 left_from = 0;    ///< direct, budget: the address behind the call that left
    Site* site = nullptr; ///< whose handler was called last
    Link* link = nullptr; ///< by which it was left, while it may be armed
    i64 counter = 0;      ///< r13

    u64 window = 0; ///< the base of the memory window in use, as GS has it
    WindowMiss window_miss;
    bool must_leave = false; ///< behind the access whose handler runs next: links or host return addresses have gone
    Block* keeps_missing = nullptr;   ///< a block with an access that does so again and again
    u32 epoch = 0;                    ///< of misses (engine_windows.cpp)
    u32 missed_epoch = 0, missed = 0; ///< all misses of one epoch
    u64 mapped = 0, unmapped = 0;     ///< pages of windows before it
    WindowMiss faulted;               ///< the last one that raised a page fault, ..
    u32 faulted_rip = 0;              ///< .. in this instruction
    Site* unsuited = nullptr;         ///< an access that should be translated in another form (adapt.cpp)
    DecodeCache* decoder = nullptr;   ///< for insn_of()

    // Where the guest's FPU state is: 1 is in CpuState, 0 in the host's registers. SSE is away only if x87 is.
    u32 sse_away = 1;
    u32 x87_away = 1;
    u32 host_mxcsr = 0x1F80; ///< what C++ runs with
    u64 thread_stack = 0;    ///< RSP of the thread while generated code runs on the return stack
    u64 return_top = 0;      ///< RSP on the return stack, while it is not in force

    u64 scratch = 0; ///< within one instruction
    /// The sites that were called lately, by called_index(address behind the call).
    struct Called {
        u64 behind = 0;
        Site* site = nullptr;
    };
    static constexpr u32 called_entries = 4096;
    static u32 called_index(u64 behind) { return static_cast<u32>(behind) % called_entries; }
    std::array<Called, called_entries> called; ///< zeroed memory
    /// Host addresses of ranges that several operands lie in (share.cpp), within one run of a block's instructions.
    static constexpr u32 shared_slots = 6;
    std::array<u64, shared_slots> shared{};
    u64 context = 0; ///< address space and mode, in bits 32 to 63: jump cache entries of another context do not match
    u64 code = 0;    ///< where to enter

    /// Where indirect branches look for their target, by jump_index(EIP). `key` is the negative of context + EIP.
    struct JumpTarget {
        u64 key = 0;
        u64 code = 0;
    };
    static constexpr u32 jump_entries = 1 << 16;
    std::array<JumpTarget, jump_entries> jumps; ///< zeroed memory: nothing

    // Instrumented blocks: an exit writes how it leads to the next block, which counts it when it is entered.
    u64 arriving = 0; ///< Level
    std::array<u64, level_facts.size()> arrivals{};
    static constexpr u32 counters = 1 << 16;
    std::array<u64, counters> entered; ///< by Block::counter; zeroed memory

    /// What each indirect branch went to last: own_index() says which. `key` is the negative of own_context + EIP.
    /// Entries are not taken back; instead the context changes whenever a block has gone or a page of code may be
    /// elsewhere.
    struct OwnTarget {
        u64 key = 0;
        u64 code = 0;
    };
    static constexpr u32 own_entries = 1 << 16;
    u64 own_context = 0; ///< mode in bits 32 to 44, generation from own_generation_shift on
    static constexpr u32 own_generation_shift = 45;
    u64 recalling = 0;                              ///< r10, meanwhile
    std::array<OwnTarget, own_entries> own_targets; ///< zeroed memory: nothing
};

/// Which entry: the sum of two rotations, the lower half of it. Functions are mostly aligned, so targets 64 bytes from
/// each other have neighbouring entries, four in a line of the host's cache, which the host prefetches for what a
/// program goes through in order; the lower bits choose the part of the table, and the upper bits keep code at equal
/// offsets elsewhere apart. Made of what leaves flags alone.
inline u32 jump_index(u32 eip) {
    return (std::rotr(eip, jump_rotations[0]) + std::rotr(eip, jump_rotations[1])) % Runtime::jump_entries;
}

/// The entry of Runtime::own_targets that an indirect branch at `eip` has, with others if it comes to the worst.
inline u32 own_index(u32 eip) { return (eip >> 2) % Runtime::own_entries; }

} // namespace ringshift::bt
