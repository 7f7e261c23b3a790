#include "machine/host_file.h"
#include "machine/snapshot.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <unistd.h>

using namespace ringshift;

namespace {

struct TemporaryFolder {
    TemporaryFolder()
        : path(std::filesystem::temp_directory_path() / fmt::format("ringshift-snapshot-test-{}", ::getpid())) {
        std::filesystem::create_directories(path);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

std::vector<u8> sample(const std::filesystem::path& path) {
    auto writer = SnapshotWriter::create(path);
    REQUIRE(writer.ok());
    const std::vector<u8> a(3000, 7);
    const std::vector<u8> b{1, 2, 3};
    REQUIRE(writer.value().add("a", a).ok());
    REQUIRE(writer.value().add("b", b).ok());
    REQUIRE(writer.value().add("b", {}).ok());
    REQUIRE(writer.value().finish().ok());
    auto bytes = read_host_file(path);
    REQUIRE(bytes.ok());
    return bytes.release();
}

} // namespace

TEST_CASE("a snapshot file gives back its chunks in order") {
    TemporaryFolder folder;
    sample(folder.path / "s");
    auto reader = SnapshotReader::open(folder.path / "s");
    REQUIRE(reader.ok());
    CHECK(reader.value().chunk("a").value() == std::vector<u8>(3000, 7));
    CHECK(reader.value().count("b") == 2);
    CHECK(reader.value().chunk("b").value() == std::vector<u8>{1, 2, 3});
    CHECK(reader.value().chunk("b", 1).value().empty());
    CHECK_FALSE(reader.value().chunk("c").ok());
}

TEST_CASE("a part of a snapshot may be larger than a chunk") {
    TemporaryFolder folder;
    std::vector<u8> large((64u << 20) + 5);
    for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<u8>(i >> 12);
    large.back() = 0xAB;
    auto writer = SnapshotWriter::create(folder.path / "s");
    REQUIRE(writer.ok());
    REQUIRE(writer.value().add_part("large", large).ok());
    REQUIRE(writer.value().add_part("empty", {}).ok());
    REQUIRE(writer.value().finish().ok());
    auto reader = SnapshotReader::open(folder.path / "s");
    REQUIRE(reader.ok());
    CHECK((reader.value().part("large").value() == large));
    CHECK(reader.value().part("empty").value().empty());
    std::vector<u8> loaded(large.size());
    CHECK(reader.value().load("large", [&](Archive& ar) { ar.bytes(loaded.data(), loaded.size()); }).ok());
    CHECK((loaded == large));
}

TEST_CASE("a snapshot with any byte flipped is refused with a message") {
    TemporaryFolder folder;
    const std::vector<u8> good = sample(folder.path / "s");
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const u8 flip : {u8{1}, u8{0x80}, u8{0xFF}}) {
            std::vector<u8> bad = good;
            bad[i] ^= flip;
            const auto reader = SnapshotReader::parse(bad, "s");
            REQUIRE_FALSE(reader.ok());
            REQUIRE(reader.error().message.find('s') != std::string::npos);
        }
    }
}

TEST_CASE("a snapshot cut at any byte or with bytes added is refused") {
    TemporaryFolder folder;
    const std::vector<u8> good = sample(folder.path / "s");
    for (std::size_t size = 0; size < good.size(); ++size) {
        const std::vector<u8> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        REQUIRE_FALSE(SnapshotReader::parse(cut, "s").ok());
    }
    std::vector<u8> longer = good;
    longer.push_back(0);
    CHECK_FALSE(SnapshotReader::parse(longer, "s").ok());
}

TEST_CASE("an unfinished snapshot leaves the old file and no temporary one") {
    TemporaryFolder folder;
    const std::vector<u8> good = sample(folder.path / "s");
    {
        auto writer = SnapshotWriter::create(folder.path / "s");
        REQUIRE(writer.ok());
        REQUIRE(writer.value().add("other", good).ok());
    }
    CHECK(read_host_file(folder.path / "s").value() == good);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("a chunk that its part does not use up is refused") {
    TemporaryFolder folder;
    sample(folder.path / "s");
    const auto reader = SnapshotReader::open(folder.path / "s");
    REQUIRE(reader.ok());
    u8 one = 0;
    CHECK_FALSE(reader.value().load("b", [&](Archive& ar) { ar(one); }).ok());
    u32 four = 0;
    CHECK_FALSE(reader.value().load("b", [&](Archive& ar) { ar(four); }).ok());
}
