// The host's memory faults, for whoever runs code that may cause them on purpose; and the host's GS.
#pragma once

#include "base/result.h"
#include "base/types.h"

namespace ringshift::bt {

struct HostFault {
    u64 rip = 0;
    u64 address = 0; ///< 0 if the processor does not say (a misaligned operand)
    bool write = false;
};

class FaultTaker {
  public:
    virtual ~FaultTaker() = default;
    /// In a signal handler: the host address where the thread is to go on, `fault.rip` to try again, 0 if the fault is
    /// none of ours.
    virtual u64 take(const HostFault& fault) = 0;
};

/// Whether this build and this host can do it: no sanitizer that has the signals for itself, instructions for GS, and
/// an MMU that adds up GS-relative addresses of 32 bits as the manual says.
Result<> probe_windows();

/// While it lives, faults of this thread are offered to `taker`. Cheap enough for every entry into generated code.
class FaultScope {
  public:
    explicit FaultScope(FaultTaker& taker);
    ~FaultScope();
    FaultScope(const FaultScope&) = delete;
    FaultScope& operator=(const FaultScope&) = delete;
};

/// Makes GS of this thread begin there. C++ never uses GS.
void set_gs_base(u64 base);

} // namespace ringshift::bt
