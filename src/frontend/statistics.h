// What a run has done, in numbers: for people, as JSON, as CSV.
#pragma once

#include "frontend/options.h"
#include "machine/machine.h"

#include <string>
#include <utility>
#include <vector>

namespace ringshift {

/// Prints what --stats asks for. An error if the file cannot be written, or if the ledger does not add up, which is a
/// bug of ours.
Result<> report_statistics(const Options& options, Machine& machine);

/// The translator's numbers as columns of a table, in the order of bt/stats.def: name and value. Levels that are not
/// told apart (no --instrument) are empty. Nothing in them depends on the host's speed.
std::vector<std::pair<std::string, std::string>> ledger_columns(const bt::Ledger& ledger);

} // namespace ringshift
