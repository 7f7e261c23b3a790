// Memory for the host return addresses of paired calls, and where these may lead.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <bitset>
#include <memory>

namespace ringshift::bt {

/// Every call takes at least one unit of the budget, and the stack is empty whenever generated code is entered: it
/// cannot overflow. Guard pages lie on both sides.
class ReturnStack {
  public:
    static Result<std::unique_ptr<ReturnStack>> create();
    ~ReturnStack();
    /// Puts the sentinel at the bottom; where it is.
    u64 begin(const void* sentinel);

  private:
    ReturnStack() = default;
    u8* m_memory = nullptr;
};

/// Linear pages in which returns may land: those that had blocks with calls since the cache was empty. When such a page
/// becomes another one, a host return address may lead into code that is no longer there.
class LandingPages {
  public:
    /// The pages of `bytes` bytes of code.
    void add(u32 linear, u32 bytes);
    bool any(u32 first, u32 pages) const;
    void clear();

  private:
    static constexpr u32 region_pages = 512;
    std::bitset<1 << 20> m_pages;
    std::bitset<(1 << 20) / region_pages> m_regions; ///< that have any
};

} // namespace ringshift::bt
