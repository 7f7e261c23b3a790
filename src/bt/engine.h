// The binary translator as an engine.
#pragma once

#include "base/result.h"
#include "bt/options.h"
#include "cpu/engine.h"

#include <memory>

namespace ringshift {

Result<std::unique_ptr<Engine>> make_translator(Cpu& cpu, const bt::Options& options);

} // namespace ringshift
