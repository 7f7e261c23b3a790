// Proof-reads emitted code before it can run. The essay is in verifier.cpp.
#pragma once

#include "bt/block.h"
#include "bt/emitter.h"
#include "cpu/isa/host_code.h"

#include <span>
#include <string>

namespace ringshift::bt {

class Verifier {
  public:
    explicit Verifier(const Emitter& emitter) : m_runtime_distance(emitter.runtime_distance()) {}
    /// What is wrong with the code of `block`, as the translator returned it and before any link is patched: the first
    /// offending instruction, where it is and which rule it breaks. Empty: nothing.
    std::string check(const Block& block, const Mode& mode, std::span<const u8> code) const;

  private:
    i64 m_runtime_distance;
    HostDecoder m_decoder;
};

} // namespace ringshift::bt
