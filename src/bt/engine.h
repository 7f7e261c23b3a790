// The binary translator as an engine.
#pragma once

#include "base/result.h"
#include "bt/ledger.h"
#include "bt/options.h"
#include "cpu/engine.h"

#include <memory>
#include <vector>

namespace ringshift {

/// An error says what this host lacks.
Result<std::unique_ptr<Engine>> make_translator(Cpu& cpu, const bt::Options& options);

/// What the translator has counted; nothing if `engine` is another one.
std::optional<bt::Ledger> ledger_of(const Engine& engine);

/// The blocks that were entered most, if they are instrumented; else none. Takes its time.
std::vector<bt::BlockCount> hottest_blocks_of(const Engine& engine, std::size_t most = 20);

} // namespace ringshift
