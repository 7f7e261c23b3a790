#include "machine/disk_image.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ringshift;
using Catch::Matchers::Contains;

namespace {

/// A file that goes away with the test.
struct TemporaryFile {
    std::string path;
    explicit TemporaryFile(const std::string& content) {
        char name[] = "/tmp/ringshift-test-XXXXXX";
        const int fd = ::mkstemp(name);
        REQUIRE(fd >= 0);
        ::close(fd);
        path = name;
        std::ofstream(path, std::ios::binary) << content;
    }
    ~TemporaryFile() { ::unlink(path.c_str()); }
    std::string content() const {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

/// While it lives, no file of this process grows beyond `bytes`.
struct FileSizeLimit {
    rlimit before{};
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        rlimit limit = before;
        limit.rlim_cur = bytes;
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before); }
};

std::string pattern(std::size_t size) {
    std::string text(size, 0);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 512);
    return text;
}

std::unique_ptr<DiskImage> open_ok(const std::string& path, DiskImageOptions options) {
    auto result = open_disk_image(path, options);
    INFO((result.ok() ? std::string() : result.error().message));
    REQUIRE(result.ok());
    return result.release();
}

std::string open_error(const std::string& path, DiskImageOptions options) {
    auto result = open_disk_image(path, options);
    REQUIRE_FALSE(result.ok());
    return result.error().message;
}

std::string read(DiskImage& image, u64 offset, std::size_t size) {
    std::vector<u8> data(size);
    REQUIRE(image.read(offset, data).ok());
    return {data.begin(), data.end()};
}

Result<> write(DiskImage& image, u64 offset, std::size_t size, char fill) {
    return image.write(offset, std::vector<u8>(size, static_cast<u8>(fill)));
}

} // namespace

TEST_CASE("a raw image is read and written in place") {
    TemporaryFile file(pattern(8192));
    auto image = open_ok(file.path, {});
    CHECK(image->size() == 8192);
    CHECK_FALSE(image->read_only());
    CHECK(image->note().empty());
    CHECK(read(*image, 512, 1024) == pattern(8192).substr(512, 1024));
    REQUIRE(write(*image, 1024, 512, 'x').ok());
    CHECK(file.content().substr(1024, 512) == std::string(512, 'x')); // before any flush
    CHECK(image->flush().ok());
    std::vector<u8> data(512);
    CHECK_FALSE(image->read(8192, data).ok());
    CHECK_FALSE(image->read(~u64{0} - 100, data).ok());
    CHECK_FALSE(write(*image, 7680 + 1, 512, 'x').ok());
    CHECK(file.content().size() == 8192);
}

TEST_CASE("a read-only image refuses writes") {
    TemporaryFile file(pattern(1024));
    auto image = open_ok(file.path, {.read_only = true});
    CHECK(image->read_only());
    CHECK_FALSE(write(*image, 0, 512, 'x').ok());
    CHECK(image->flush().ok());
}

TEST_CASE("images that cannot be opened say why and what to do") {
    CHECK_THAT(open_error("/nonexistent/disk.img", {}), Contains("/nonexistent/disk.img") && Contains("truncate"));
    CHECK_THAT(open_error("/tmp", {}), Contains("directory"));
    CHECK_THAT(open_error("/tmp", {.snapshot = true}), Contains("directory"));
    CHECK_THAT(open_error("/dev/full", {}), Contains("neither a file nor a block device"));
    TemporaryFile empty("");
    CHECK_THAT(open_error(empty.path, {}), Contains("is empty"));
    // A running program cannot be opened for writing, not even by root.
    char self[4096] = {};
    REQUIRE(::readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    CHECK_THAT(open_error(self, {}), Contains("--snapshot") && Contains("chmod"));
    CHECK(open_disk_image(self, {.snapshot = true}).ok());
}

TEST_CASE("an image that is written to has one user and one that is read has many") {
    TemporaryFile file(pattern(1024));
    {
        auto first = open_ok(file.path, {});
        CHECK_THAT(open_error(file.path, {}), Contains(file.path) && Contains("in use"));
        CHECK_THAT(open_error(file.path, {.read_only = true}), Contains("in use"));
    }
    auto reader = open_ok(file.path, {.read_only = true});
    auto second = open_ok(file.path, {.snapshot = true});
    CHECK_THAT(open_error(file.path, {}), Contains("in use"));
}

TEST_CASE("a size that is no multiple of 512 is rounded up and noted") {
    TemporaryFile file(pattern(1000));
    for (const bool snapshot : {false, true}) {
        auto image = open_ok(file.path, {.snapshot = snapshot});
        CHECK(image->size() == 1024);
        CHECK_THAT(image->note(), Contains("1000 bytes"));
        CHECK(read(*image, 512, 512) == pattern(1000).substr(512) + std::string(24, '\0'));
    }
    auto image = open_ok(file.path, {});
    REQUIRE(::truncate(file.path.c_str(), 600) == 0);
    std::vector<u8> data(512);
    auto result = image->read(512, data);
    REQUIRE_FALSE(result.ok());
    CHECK_THAT(result.error().message, Contains("shorter"));
}

TEST_CASE("an overlay keeps every write and leaves the image untouched") {
    const std::string before = pattern(5 * 4096 + 700);
    TemporaryFile file(before);
    auto image = open_ok(file.path, {.snapshot = true});
    std::string model = before + std::string(image->size() - before.size(), '\0');
    const auto check_write = [&](u64 offset, std::size_t size, char fill) {
        REQUIRE(write(*image, offset, size, fill).ok());
        model.replace(offset, size, size, fill);
        CHECK(read(*image, 0, model.size()) == model);
    };
    check_write(512, 512, 'a');
    check_write(4096 + 3584, 1024, 'b');   // over a cluster's end
    check_write(5 * 4096 + 512, 512, 'c'); // the last, short cluster
    check_write(2 * 4096, 2 * 4096, 'd');
    check_write(100, 3, 'e');
    check_write(0, model.size(), 'f');
    CHECK(image->flush().ok());
    CHECK(file.content() == before);
}

TEST_CASE("an overlay goes through an archive") {
    TemporaryFile file(pattern(10 * 4096 + 512));
    auto image = open_ok(file.path, {.snapshot = true});
    REQUIRE(write(*image, 4096 + 512, 512, 'x').ok());
    REQUIRE(write(*image, 10 * 4096, 512, 'y').ok());
    std::vector<u8> bytes;
    auto saver = Archive::saver(bytes);
    image->archive(saver);
    REQUIRE(saver.ok());
    CHECK(bytes.size() < 3 * 4096);

    auto loaded = open_ok(file.path, {.snapshot = true});
    REQUIRE(write(*loaded, 0, 4096, 'z').ok()); // goes away
    auto loader = Archive::loader(bytes);
    loaded->archive(loader);
    REQUIRE(loader.ok());
    CHECK(loader.remaining() == 0);
    CHECK(read(*loaded, 0, loaded->size()) == read(*image, 0, image->size()));

    auto plain = open_ok(file.path, {.read_only = true});
    auto other_kind = Archive::loader(bytes);
    plain->archive(other_kind);
    CHECK_THAT(other_kind.error(), Contains("--snapshot"));
    for (std::size_t length = 0; length < bytes.size(); length += 97) {
        auto cut = Archive::loader(std::span(bytes).first(length));
        loaded->archive(cut);
        CHECK_FALSE(cut.ok());
    }
    for (std::size_t at = 0; at < 40; ++at) { // hostile counts and indexes
        auto corrupt = bytes;
        corrupt[at] = 0xFF;
        auto bad = Archive::loader(corrupt);
        loaded->archive(bad);
    }
    CHECK(file.content() == pattern(10 * 4096 + 512));
}

TEST_CASE("a full host is an error that a retry gets over") {
    TemporaryFile file(pattern(4 * 4096));
    auto image = open_ok(file.path, {.snapshot = true});
    {
        FileSizeLimit limit(4096);
        REQUIRE(write(*image, 0, 4096, 'a').ok());
        auto result = write(*image, 8192, 4096, 'b');
        REQUIRE_FALSE(result.ok());
        CHECK_THAT(result.error().message, Contains(file.path) && Contains("then let the guest continue"));
        CHECK(read(*image, 8192, 4096) == pattern(4 * 4096).substr(8192, 4096));
    }
    REQUIRE(write(*image, 8192, 4096, 'b').ok());
    CHECK(read(*image, 8192, 4096) == std::string(4096, 'b'));

    auto second = open_ok(file.path, {.snapshot = true});
    FileSizeLimit limit(1024);
    CHECK_THAT(open_error(file.path, {.snapshot = true}), Contains("TMPDIR"));
}

TEST_CASE("an overlay goes where TMPDIR says") {
    TemporaryFile file(pattern(1024));
    ::setenv("TMPDIR", "/nonexistent", 1);
    const std::string message = open_error(file.path, {.snapshot = true});
    ::unsetenv("TMPDIR");
    CHECK_THAT(message, Contains("TMPDIR") && Contains("/nonexistent"));
}
