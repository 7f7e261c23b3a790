#include "machine/config.h"

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

} // namespace ringshift
