// Memory for the host return addresses of paired calls.
#pragma once

#include "base/result.h"
#include "base/types.h"

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

} // namespace ringshift::bt
