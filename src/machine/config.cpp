#include "machine/config.h"

#include <arpa/inet.h>

#include <charconv>

namespace ringshift {

Result<u64> parse_memory_size(std::string_view text) {
    u64 number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    unsigned shift = 0;
    if (suffix == "K" || suffix == "k") {
        shift = 10;
    } else if (suffix == "M" || suffix == "m") {
        shift = 20;
    } else if (suffix == "G" || suffix == "g") {
        shift = 30;
    } else if (suffix == "T" || suffix == "t") {
        shift = 40;
    } else if (!suffix.empty()) {
        shift = 64;
    }
    if (error == std::errc::invalid_argument || shift == 64)
        return make_error("memory size \"{}\": expected a number with K, M or G, for example 256M", text);
    if (error == std::errc::result_out_of_range || number > (largest_memory >> shift))
        return make_error("memory size \"{}\" is too large: at most {}G", text, largest_memory >> 30);
    const u64 size = number << shift;
    if (size < smallest_memory)
        return make_error("memory size \"{}\" is too small: at least {}M", text, smallest_memory >> 20);
    if (size % (1u << 20) != 0) return make_error("memory size \"{}\" is not a whole number of MiB", text);
    return size;
}

namespace {

Result<u16> parse_port(std::string_view text, std::string_view whole) {
    u16 port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return make_error("\"{}\" in \"{}\" is no port number (1 to 65535)", text, whole);
    return port;
}

Result<std::string> parse_address(std::string_view text, std::string_view whole) {
    std::string address(text);
    in_addr parsed{};
    if (::inet_pton(AF_INET, address.c_str(), &parsed) != 1)
        return make_error("\"{}\" in \"{}\" is no IPv4 address", text, whole);
    return address;
}

} // namespace

Result<ForwardConfig> parse_forward(std::string_view text) {
    ForwardConfig forward;
    std::string_view rest = text;
    if (rest.starts_with("udp:")) {
        forward.udp = true;
        rest.remove_prefix(4);
    } else if (rest.starts_with("tcp:")) {
        rest.remove_prefix(4);
    }
    std::vector<std::string_view> parts;
    for (std::size_t colon; (colon = rest.find(':')) != std::string_view::npos; rest.remove_prefix(colon + 1))
        parts.push_back(rest.substr(0, colon));
    parts.push_back(rest);
    const auto is_address = [](std::string_view part) { return part.find('.') != std::string_view::npos; };
    std::size_t next = 0;
    if (next < parts.size() && is_address(parts[next])) forward.host_address = TRY(parse_address(parts[next++], text));
    if (next < parts.size()) forward.host_port = TRY(parse_port(parts[next++], text));
    if (next < parts.size() && is_address(parts[next])) forward.guest_address = TRY(parse_address(parts[next++], text));
    if (next + 1 != parts.size())
        return make_error("\"{}\" is not of the form PORT:GUEST_PORT, for example 2222:22 or udp:0.0.0.0:5353:53",
                          text);
    forward.guest_port = TRY(parse_port(parts[next], text));
    return forward;
}

std::vector<std::string_view> sound_names() { return {"none", "speaker", "sb16"}; }

std::vector<std::string_view> network_card_names() { return {"e1000", "ne2k-pci", "ne2k-isa", "none"}; }

} // namespace ringshift
