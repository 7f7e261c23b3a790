// The host's monotonic clock for those who ask it all the time: a guest that reads its time-stamp counter in a loop.
#pragma once

#include "base/types.h"

namespace ringshift {

/// Nanoseconds as CLOCK_MONOTONIC counts them, which never go back. Between two readings of that, a millisecond apart
/// at most, the time is that of the last one and what the host's time-stamp counter has advanced since: a third of the
/// cost. The counter's rate is measured again and again; where it is no clock (it does not run at a constant rate, or
/// jumps), there are readings only.
class HostClock {
  public:
    /// `by_counter`: the counter may be used, if the host says that its rate is constant.
    explicit HostClock(bool by_counter = true);
    u64 now();

  private:
    u64 read();
    void measure(u64 ticks, u64 ns);

    bool m_counter_is_clock;
    u64 m_ticks = 0, m_ns = 0;           ///< at the last reading
    u64 m_base_ticks = 0, m_base_ns = 0; ///< the rate is measured from here on
    u64 m_rate = 0;                      ///< nanoseconds a tick, times 2^32; 0: not known
    u64 m_most_ticks = 0;                ///< since the last reading, until the next one
    u64 m_latest = 0;                    ///< that was said
};

} // namespace ringshift
