// A translated block and what identifies it.
#pragma once

#include "bt/runtime.h"
#include "cpu/cpu.h"
#include "cpu/interp/block_cache.h"

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
    u16 controls = 0;                       ///< of fpu_ready: what of the FPU may run natively

    bool operator==(const Mode&) const = default;
};

Mode mode_of(const CpuState& state);

struct BlockKey {
    PhysAddr start; ///< of the first byte
    u32 eip = 0;
    u32 mode = 0; ///< number of the Mode
    bool operator==(const BlockKey&) const = default;
    u64 hash() const { // the upper bits of a product mix well; start and EIP have their low bits in common
        const u64 h = start.value * 0x9E3779B97F4A7C15u + eip * 0xC2B2AE3D27D4EB4Fu + mode * 0xD6E8FEB86659FD93u;
        return (h ^ (h >> 29)) * 0x9E3779B97F4A7C15u >> 32;
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

struct Block {
    BlockKey key;
    u32 bytes = 0; ///< of guest code
    /// The one instruction of this block crosses into this frame. Links to such a block are taken back as those that
    /// cross pages themselves.
    std::optional<PhysAddr> second;
    u32 code_offset = 0;
    u32 code_size = 0;
    u32 cold_offset = 0; ///< in the code: from here on it is seldom executed
    bool dead = false;
    std::vector<DecodedInsn> insns;
    std::vector<Site> sites; ///< addresses are in the code: never resized after emission
    std::vector<Link> links; ///< the same
    std::vector<Link*> incoming;
    std::vector<Mark> marks; ///< empty unless recorded
    Block* next = nullptr;   ///< in its bucket

    /// Bytes in the first frame.
    u32 first_bytes() const { return second ? static_cast<u32>(page_size - key.start.offset()) : bytes; }
    bool contains(PhysAddr address, u64 size) const {
        const auto overlaps = [&](PhysAddr start, u64 length) {
            return start.value < address.value + size && address.value < start.value + length;
        };
        return overlaps(key.start, first_bytes()) || (second && overlaps(*second, bytes - first_bytes()));
    }
};

} // namespace ringshift::bt
