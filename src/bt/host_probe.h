// Whether this host does what the translator takes for granted. The list is in host_probe.cpp.
#pragma once

#include "base/result.h"

namespace ringshift::bt {

/// As CPUID tells them.
struct HostFeatures {
    bool bmi2 = false; ///< SHRX, SHLX, RORX, PEXT
    bool lahf = false; ///< LAHF and SAHF in 64-bit mode
    bool fxsr = false;
    bool avx = false; ///< VZEROUPPER: the processor has it and the system saves its state
};
HostFeatures host_features();

/// The error says what is missing, in a sentence for users. Takes less than a millisecond.
Result<> probe_host(const HostFeatures& features = host_features());

} // namespace ringshift::bt
