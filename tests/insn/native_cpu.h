// The host CPU as an engine: a process of host_runner, one program at a time.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "host_protocol.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ringshift {

/// A program and its state: before (reply.eip is where to start, vector unused) or after.
struct UserProgram {
    unsigned bits = 32;
    reply state{};
    std::vector<u8> arena = std::vector<u8>(ARENA_SIZE);
};

class NativeCpu {
  public:
    /// `runner` is the path of the host_runner program.
    static Result<NativeCpu> start(const std::string& runner);
    NativeCpu(NativeCpu&& other) noexcept;
    ~NativeCpu();
    /// Runs until the first fault and returns the state then.
    Result<UserProgram> run(const UserProgram& program);

  private:
    NativeCpu() = default;
    int m_pid = -1;
    int m_in = -1;
    int m_out = -1;
};

} // namespace ringshift
