// A network of its own for one guest, behind the host's ordinary sockets (libslirp): 10.0.2.0/24, the guest gets
// 10.0.2.15 by DHCP, 10.0.2.2 is the gateway and stands for the host, 10.0.2.3 is the DNS server. No privileges needed.
// The only file that includes libslirp is nat.cpp.
#pragma once

#include "base/result.h"
#include "machine/config.h"

#include <poll.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace ringshift {

/// All on one thread.
class Nat {
  public:
    struct World {
        std::function<u64()> now; ///< ns
        /// A frame for the guest; called from send() and poll().
        std::function<void(std::span<const u8> frame)> deliver;
    };
    /// What to wait for until poll() has something to do.
    struct Wait {
        std::vector<pollfd> sockets;
        int timeout_ms = -1; ///< -1: no timeout
    };

    /// Fails if a host port that is to be forwarded is taken.
    static Result<std::unique_ptr<Nat>> create(const std::vector<ForwardConfig>& forwards, World world);
    ~Nat();

    /// A frame from the guest.
    void send(std::span<const u8> frame);
    /// Does what the sockets are ready for; does not wait.
    void poll();
    Wait wait();

  private:
    struct Stack;
    explicit Nat(std::unique_ptr<Stack> stack);
    std::unique_ptr<Stack> m_stack;
};

} // namespace ringshift
