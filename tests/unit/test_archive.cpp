#include "base/archive.h"

#include <catch2/catch.hpp>

using namespace ringshift;

namespace {
struct Part {
    u32 a = 0;
    bool b = false;
    std::array<u16, 3> c{};
    std::vector<u64> d;
    std::string e;
    std::optional<u8> f;
    void archive(Archive& ar) { ar(a, b, c, d, e, f); }
    bool operator==(const Part&) const = default;
};
} // namespace

TEST_CASE("an archive returns what was saved") {
    Part part{7, true, {1, 2, 3}, {4, 5}, "six", u8{7}};
    std::vector<u8> bytes;
    auto saver = Archive::saver(bytes);
    saver(part);
    Part loaded;
    auto loader = Archive::loader(bytes);
    loader(loaded);
    REQUIRE(loader.ok());
    CHECK(loader.remaining() == 0);
    CHECK(loaded == part);
}

TEST_CASE("an archive cut at any byte fails and never reads past its end") {
    Part part{7, true, {1, 2, 3}, {4, 5}, "six", u8{7}};
    std::vector<u8> bytes;
    auto saver = Archive::saver(bytes);
    saver(part);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const std::vector<u8> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        Part loaded;
        auto loader = Archive::loader(cut);
        loader(loaded);
        CHECK_FALSE(loader.ok());
    }
}

TEST_CASE("an archive refuses counts beyond its data and impossible values") {
    std::vector<u8> bytes(8, 0xFF);
    std::vector<u64> vector;
    auto loader = Archive::loader(bytes);
    loader(vector);
    CHECK_FALSE(loader.ok());
    CHECK(vector.empty());

    std::vector<u8> two{2};
    bool flag = false;
    auto other = Archive::loader(two);
    other(flag);
    CHECK_FALSE(other.ok());
}
