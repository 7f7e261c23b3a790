// Where blocks lie in the code cache, and which have to go when there is no room.
//
// A policy knows offsets and sizes and nothing else, so that the engine and a simulator of traces can share it. A block
// is known by its offset. What must not be evicted need not be said: the engine asks for a place only while no
// translated code runs.
//
// A block may have a second part, which is seldom executed. What runs of all blocks is kept together: it is laid from
// one end of the cache (or unit) on upwards, the cold parts from the other end on downwards. When the two meet, it is
// full. Both parts of a block come and go together.
//
//     flush    blocks one behind the other; when the cache is full, all go
//     fifo:N   the same in each of N units of equal size; when a unit is full the next one is emptied and filled
//     ring     blocks one behind the other, round and round; those in the way of either part go
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace ringshift::bt {

class CachePolicy {
  public:
    virtual ~CachePolicy() = default;
    /// The largest block that can be placed, both parts together.
    virtual u32 largest() const = 0;
    struct Place {
        u32 offset = 0;
        u32 cold = 0; ///< where the cold part begins
    };
    /// The place of a block of `size` bytes, 1 or more, and a cold part of `cold_size`, 0 or more. Blocks that have to
    /// go are added to `evicted` and are no longer the policy's.
    virtual Place place(u32 size, u32 cold_size, std::vector<u32>& evicted) = 0;
    /// The offset of the block that has the byte at `place`, in either part.
    virtual std::optional<u32> around(u32 place) const = 0;
    /// The block at `offset` is gone for another reason; an offset where none is says nothing.
    virtual void removed(u32 offset) = 0;
    /// All are gone.
    virtual void clear() = 0;
};

/// A unit of a cache is at least this large: the code of any one instruction fits.
inline constexpr u32 smallest_unit = 4096;

/// `name`: flush, fifo:N with N from 2 to size / smallest_unit, or ring. `size`: of the cache in bytes.
Result<std::unique_ptr<CachePolicy>> make_policy(std::string_view name, u32 size);

} // namespace ringshift::bt
