// A CPU of ours for user programs: CPL 3, paging on, only the arena mapped, as in a host process.
#pragma once

#include "../suites/bare_cpu.h"
#include "native_cpu.h"

namespace ringshift {

class BareUserCpu {
  public:
    /// `engine` as in engines.h.
    explicit BareUserCpu(std::string_view engine);
    /// Runs until the first exception and returns the state then. At most `instructions`, else vector TIMED_OUT.
    UserProgram run(const UserProgram& program, i64 instructions = 1'000'000);

  private:
    BareCpu m_bare;
};

} // namespace ringshift
