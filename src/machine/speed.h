// Where the time goes, and what costs most: for people who want to know why a guest is slow.
#pragma once

#include "machine/machine.h"

#include <string>

namespace ringshift {

/// Shares of the host's time since the machine was started, in percent; they add up to 100. Without a translator all
/// of the engine's time is `interpreting`.
struct TimeShares {
    double cached = 0; ///< generated code, and the handlers that it calls
    double translating = 0;
    double interpreting = 0; ///< and the engine's own loop
    double devices = 0;      ///< what they do by themselves; their registers count where they are accessed
    double idle = 0;         ///< asleep, because the guest halts
};
TimeShares time_shares(const MachineStatistics& statistics);

/// What has been added between two looks at the same machine; for a ledger, its sums.
MachineStatistics statistics_since(const MachineStatistics& then, const MachineStatistics& now);

/// Of MachineStatistics::executing_ns: in generated code.
u64 cached_ns(const MachineStatistics& statistics);

/// Translations in a second of translating; 0 if there were none.
double translations_per_second(const MachineStatistics& statistics);

/// One line that names what costs most apart from translated code, and what may help.
std::string speed_doctor(const MachineStatistics& statistics);

} // namespace ringshift
