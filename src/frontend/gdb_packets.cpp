#include "frontend/gdb_packets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringshift {

namespace {

constexpr char interrupt_byte = 3, escape_byte = '}', escape_mask = 0x20;
/// What no sensible packet reaches; a connection that sends more without an end is closed.
constexpr std::size_t most_received = 1u << 20;

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

u8 checksum(std::string_view text) {
    unsigned sum = 0;
    for (const char c : text) sum += static_cast<u8>(c);
    return static_cast<u8>(sum);
}

void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return; // receive() will see it
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

} // namespace

GdbPackets::~GdbPackets() { ::close(m_socket); }

bool GdbPackets::receive() {
    std::array<char, 4096> buffer{};
    const ssize_t n = ::recv(m_socket, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0 || m_received.size() > most_received) return false;
    m_received.append(buffer.data(), static_cast<std::size_t>(n));
    return true;
}

/// The first complete thing in m_received, removed from it.
std::optional<GdbPackets::Arrival> GdbPackets::parse() {
    while (!m_received.empty()) {
        const char first = m_received.front();
        if (first == interrupt_byte) {
            m_received.erase(0, 1);
            return Arrival{Arrival::Kind::interrupt, {}};
        }
        if (first != '$') { // acknowledgements, and noise
            m_received.erase(0, 1);
            if (first == '-') send_all(m_socket, m_last_sent);
            continue;
        }
        const std::size_t end = m_received.find('#');
        if (end == std::string::npos || end + 2 >= m_received.size()) return std::nullopt;
        std::string packet = m_received.substr(1, end - 1);
        const int sum = digit(m_received[end + 1]) * 16 + digit(m_received[end + 2]);
        m_received.erase(0, end + 3);
        if (m_acknowledge) {
            const bool good = sum == checksum(packet);
            send_all(m_socket, good ? "+" : "-");
            if (!good) continue;
        }
        return Arrival{Arrival::Kind::packet, std::move(packet)};
    }
    return std::nullopt;
}

GdbPackets::Arrival GdbPackets::wait() {
    for (;;) {
        if (auto arrival = parse()) return *arrival;
        std::array<pollfd, 2> fds = {{{m_socket, POLLIN, 0}, {m_wake, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0) {
            if (errno == EINTR) continue;
            return {};
        }
        if (fds[1].revents != 0) return {Arrival::Kind::woken, {}};
        if (fds[0].revents != 0 && !receive()) return {};
    }
}

void GdbPackets::send(std::string_view packet) {
    m_last_sent = fmt::format("${}#{:02x}", packet, checksum(packet));
    send_all(m_socket, m_last_sent);
}

std::string to_hex(std::span<const u8> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const u8 byte : bytes) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

std::string to_hex(std::string_view text) {
    return to_hex(std::span(reinterpret_cast<const u8*>(text.data()), text.size()));
}

std::optional<std::vector<u8>> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::vector<u8> bytes(hex.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = digit(hex[2 * i]);
        const int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<u8>(high * 16 + low);
    }
    return bytes;
}

std::optional<u32> take_number(std::string_view& text, char end) {
    const std::size_t length = std::min(text.find(end), text.size());
    if (length == 0) return std::nullopt;
    u32 value = 0;
    for (const char c : text.substr(0, length)) {
        const int d = digit(c);
        if (d < 0) return std::nullopt;
        value = value * 16 + static_cast<u32>(d);
    }
    text.remove_prefix(std::min(length + 1, text.size()));
    return value;
}

std::vector<u8> unescape(std::string_view data) {
    std::vector<u8> bytes;
    bytes.reserve(data.size());
    for (std::size_t i = 0; i < data.size(); ++i) {
        char c = data[i];
        if (c == escape_byte && i + 1 < data.size()) c = static_cast<char>(data[++i] ^ escape_mask);
        bytes.push_back(static_cast<u8>(c));
    }
    return bytes;
}

} // namespace ringshift
