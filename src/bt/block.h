// A translated block and what identifies it.
#pragma once

#include "bt/runtime.h"
#include "cpu/cpu.h"
#include "cpu/interp/block_cache.h"

#include <memory>
#include <optional>
#include <vector>

namespace ringshift::bt {

/// How the translator may address a segment.
enum class SegmentClass : u8 {
    flat,    ///< base 0, every offset readable and writable
    based,   ///< every offset, but a base to add
    checked, ///< a limit to check as well
};

SegmentClass classify(const Segment& segment);

/// Everything about the processor that translated code takes for granted. A block that may change it ends.
struct Mode {
    u64 cs_base = 0;
    u32 cs_limit = 0;
    u8 cpl = 0;
    u8 iopl = 0;
    bool code32 = false;
    bool stack32 = false;
    bool protected_mode = false;
    bool v86 = false;
    std::array<SegmentClass, 6> segments{}; ///< by SegmentName; that of CS is about reading
    /// One bit for each that may be anything: no code of this ring that was translated addresses memory by it. It is
    /// `checked` in `segments`, which is true of all.
    u8 free_segments = 0;
    u16 controls = 0;     ///< of fpu_ready: what of the FPU may run natively
    bool windows = false; ///< memory is accessed through the window of this privilege
    bool home = false;    ///< .. whose base is 0, and not that of GS

    bool operator==(const Mode&) const = default;
};

Mode mode_of(const CpuState& state);

struct BlockKey {
    PhysAddr start; ///< of the first byte
    u32 eip = 0;
    u32 mode = 0; ///< number of the Mode
    bool operator==(const BlockKey&) const = default;
    u32 hash() const { // the upper bits of a product mix well; start and EIP have their low bits in common
        const u64 h = start.value * 0x9E3779B97F4A7C15u + eip * 0xC2B2AE3D27D4EB4Fu + mode * 0xD6E8FEB86659FD93u;
        return static_cast<u32>((h ^ (h >> 29)) * 0x9E3779B97F4A7C15u >> 32);
    }
    /// For tables that are looked at for each run of code: what lies together is looked at together, so that neighbours
    /// in a page are neighbours there, in the same line of the host's cache mostly.
    u32 place() const {
        return BlockKey{PhysAddr(start.value & ~page_mask), eip >> 12, mode}.hash() +
               static_cast<u32>(start.offset() / 2);
    }
};

/// Where an emitted instruction comes from.
enum class Provenance : u8 { native, rewrite, expand, helper, guard, exit };

/// From `offset` on, until the next mark, host code belongs to guest instruction `insn`.
struct Mark {
    u32 offset = 0;
    u16 insn = 0;
    Provenance provenance = Provenance::native;
    const char* why = "";
};

/// An access through a memory window, which may fault.
struct WindowAccess {
    u32 offset = 0; ///< of the host instruction in the block's code
    u32 cold = 0;   ///< of the code that has the handler do the guest's instruction instead
    u16 insn = 0;
    u16 missed = 0; ///< what its misses have cost lately, by a measure of engine_windows.cpp
    u32 epoch = 0;  ///< when that was
};

/// How accesses of a block are translated that the soft TLB keeps failing (adapt.cpp): one bit for each instruction.
struct Adaptation {
    u64 device = 0;      ///< asks a device without a look at the TLB
    u64 beside_code = 0; ///< stores that look at the marks of code themselves
    u8 given_back = 0;   ///< times that it was wrong about a device
};

/// Instructions of a block that somebody has asked for (insn_of()).
struct AskedInsn {
    Insn insn;
    std::unique_ptr<AskedInsn> next;
};

struct CodePage;

struct Block {
    BlockKey key;
    Block* next = nullptr;    ///< in its bucket
    CodePage* page = nullptr; ///< where it begins, once it has been entered (links.h)
    u32 bytes = 0;            ///< of guest code
    /// The one instruction of this block crosses into this frame. Links to such a block are taken back as those that
    /// cross pages themselves.
    std::optional<PhysAddr> second;
    u32 code_offset = 0; ///< in the cache
    u32 code_size = 0;   ///< of both parts
    /// In the code: for whoever comes from anywhere, and from code that has checked the budget.
    u32 entry = 0, checked_entry = 0;
    u32 cold_offset = 0; ///< in the code: from here on it is seldom executed
    u32 cold_place = 0;  ///< in the cache: where that part lies
    u16 count = 0;       ///< instructions
    u16 fpu_ready = 0;   ///< what it takes for granted
    bool code32 = false;
    bool begins_with_iret = false;
    bool dead = false;
    /// Its bytes have been written: nothing leads to it. Wanted again, it is compared and revived, or destroyed.
    bool dormant = false;
    /// Where its bytes are in host memory, if it compares them at entry instead of being told of writes.
    const u8* own_bytes = nullptr;
    u8 revivals = 0;
    u32 counter = 0;                  ///< instrumented: which of Runtime::entered
    std::vector<u8> guest;            ///< the bytes that it was made from
    std::vector<DecodedInsn> insns;   ///< while it is being translated or explained, else empty
    std::unique_ptr<AskedInsn> asked; ///< what Site::insn may point to
    std::unique_ptr<Sites> sites;     ///< null: none has been called
    std::vector<Link> links;          ///< never resized after emission
    List<Link, &Link::in_target> incoming;
    std::vector<WindowAccess> accesses; ///< by offset
    /// One bit for each instruction: keeps faulting, looks the TLB up instead of the window.
    u64 looked_up = 0;
    Adaptation adaptation;
    std::vector<Mark> marks; ///< empty unless recorded
    Hook<Block> in_frame;    ///< among the blocks that writes to their frame concern
    Hook<Block> in_second_frame;

    /// In the cache: of this offset in the code.
    u32 place_of(u32 offset) const {
        return offset < cold_offset ? code_offset + offset : cold_place + (offset - cold_offset);
    }
    /// The other way round, of the byte in front of this place in the cache.
    u32 offset_in_front(u32 place) const {
        const u32 in_hot = place - 1 - code_offset, in_cold = place - 1 - cold_place;
        return in_hot < cold_offset ? in_hot : cold_offset + in_cold;
    }
    /// How much farther the parts are from each other than they are in the code as it was emitted.
    u32 distance() const { return cold_place - (code_offset + cold_offset); }

    struct Part { ///< of its bytes, within one frame
        PhysAddr start;
        u32 bytes;
    };
    struct Parts {
        std::array<Part, 2> part;
        std::size_t count;
        const Part* begin() const { return part.data(); }
        const Part* end() const { return part.data() + count; }
    };
    Parts parts() const {
        const u32 first = second ? static_cast<u32>(page_size - key.start.offset()) : bytes;
        return {{{{key.start, first}, {second.value_or(PhysAddr(0)), bytes - first}}}, second ? 2u : 1u};
    }
    bool contains(PhysAddr address, u64 size) const {
        for (const Part& part : parts())
            if (part.start.value < address.value + size && address.value < part.start.value + part.bytes) return true;
        return false;
    }
};

} // namespace ringshift::bt
