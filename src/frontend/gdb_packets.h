// The packets of gdb's remote serial protocol on a connection: framing, checksums, acknowledgements, hexadecimal.
#pragma once

#include "base/types.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

class GdbPackets {
  public:
    /// Owns the connected socket. `wake` is a descriptor that ends waiting when it becomes readable.
    GdbPackets(int socket, int wake) : m_socket(socket), m_wake(wake) {}
    ~GdbPackets();
    GdbPackets(const GdbPackets&) = delete;
    GdbPackets& operator=(const GdbPackets&) = delete;

    /// What came, binary escapes not yet undone (unescape()).
    struct Arrival {
        enum class Kind {
            packet,
            interrupt, ///< Ctrl-C
            woken,     ///< by the other descriptor
            closed,
        };
        Kind kind = Kind::closed;
        std::string packet;
    };
    /// Waits for the next of these.
    Arrival wait();
    void send(std::string_view packet);
    /// After the answer to QStartNoAckMode.
    void stop_acknowledging() { m_acknowledge = false; }

  private:
    bool receive();
    std::optional<Arrival> parse();

    int m_socket;
    int m_wake;
    bool m_acknowledge = true;
    std::string m_received;
    std::string m_last_sent; ///< framed, for a repetition
};

std::string to_hex(std::span<const u8> bytes);
std::string to_hex(std::string_view text);
/// Nothing if it is not pairs of hexadecimal digits.
std::optional<std::vector<u8>> from_hex(std::string_view hex);
/// A hexadecimal number that ends at `end` or at the end of the text; both are removed from the front of `text`.
std::optional<u32> take_number(std::string_view& text, char end);
/// Binary data of X packets.
std::vector<u8> unescape(std::string_view data);

} // namespace ringshift
