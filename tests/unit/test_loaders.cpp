#include "machine/host_file.h"
#include "machine/image_kind.h"
#include "machine/linux_loader.h"
#include "machine/multiboot_loader.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace ringshift;

namespace {

constexpr u64 mib = 1u << 20;

template <typename T>
void put(std::vector<u8>& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}
template <typename T>
T get(std::span<const u8> bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}
void text(std::vector<u8>& bytes, std::size_t offset, std::string_view value) {
    std::memcpy(bytes.data() + offset, value.data(), value.size());
}

Result<ImageKind> recognise(const std::vector<u8>& bytes) {
    ImageBytes image;
    image.name = "image";
    image.size = bytes.size();
    image.read = [&bytes](u64 offset, std::size_t size) -> Result<std::vector<u8>> {
        if (offset >= bytes.size()) return std::vector<u8>{};
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
        return std::vector<u8>(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, bytes.size() - offset)));
    };
    return recognise_image(image);
}

std::string refusal(const std::vector<u8>& bytes) {
    const auto kind = recognise(bytes);
    REQUIRE_FALSE(kind.ok());
    return kind.error().message;
}

std::vector<u8> with_signature(std::size_t size) {
    std::vector<u8> bytes(size);
    put<u16>(bytes, 510, 0xAA55);
    return bytes;
}

std::vector<u8> disk(std::size_t sectors, u32 partition_sectors) {
    std::vector<u8> bytes = with_signature(sectors * 512);
    bytes[446] = 0x80;
    bytes[446 + 4] = 0x83;
    put<u32>(bytes, 446 + 8, 1);
    put<u32>(bytes, 446 + 12, partition_sectors);
    return bytes;
}

std::vector<u8> iso(std::size_t blocks, bool bootable) {
    std::vector<u8> bytes(blocks * 2048);
    text(bytes, 16 * 2048 + 1, "CD001");
    put<u32>(bytes, 16 * 2048 + 80, static_cast<u32>(blocks));
    if (bootable) text(bytes, 17 * 2048 + 7, "EL TORITO SPECIFICATION");
    return bytes;
}

std::vector<u8> bzimage(u32 payload = 4096) {
    std::vector<u8> bytes(5 * 512 + payload, 0x90);
    std::memset(bytes.data(), 0, 5 * 512);
    bytes[0x1F1] = 4;
    put<u32>(bytes, 0x1F4, payload / 16);
    put<u16>(bytes, 0x1FE, 0xAA55);
    text(bytes, 0x202, "HdrS");
    put<u16>(bytes, 0x206, 0x20C);
    bytes[0x211] = 1;
    put<u32>(bytes, 0x22C, 0x7FFFFFFF);
    put<u32>(bytes, 0x238, 255);
    put<u64>(bytes, 0x258, 0x100000);
    put<u32>(bytes, 0x260, 0x800000);
    return bytes;
}

/// A 32-bit ELF with a Multiboot header and one segment.
std::vector<u8> multiboot(u32 address = 0x100000, u32 flags = 3) {
    std::vector<u8> bytes(0x2000);
    text(bytes, 0,
         "\x7F"
         "ELF\x01\x01\x01");
    put<u32>(bytes, 24, address + 0x10);
    put<u32>(bytes, 28, 52);
    put<u16>(bytes, 42, 32);
    put<u16>(bytes, 44, 1);
    put<u32>(bytes, 52, 1);
    put<u32>(bytes, 52 + 4, 0x1000);
    put<u32>(bytes, 52 + 8, address);
    put<u32>(bytes, 52 + 12, address);
    put<u32>(bytes, 52 + 16, 0x800);
    put<u32>(bytes, 52 + 20, 0x3000);
    put<u32>(bytes, 0x1000, 0x1BADB002);
    put<u32>(bytes, 0x1004, flags);
    put<u32>(bytes, 0x1008, 0u - 0x1BADB002 - flags);
    return bytes;
}

} // namespace

TEST_CASE("images are recognised by their content") {
    CHECK(recognise(with_signature(512)).value() == ImageKind::boot_sector);
    CHECK(recognise(with_signature(10000)).value() == ImageKind::boot_sector);
    CHECK(recognise(with_signature(1440 * 1024)).value() == ImageKind::floppy);
    CHECK(recognise(disk(8192, 8000)).value() == ImageKind::raw_disk);
    CHECK(recognise(iso(40, true)).value() == ImageKind::cdrom);
    CHECK(recognise(bzimage()).value() == ImageKind::linux_kernel);
    CHECK(recognise(multiboot()).value() == ImageKind::multiboot);
}

TEST_CASE("what cannot be run is refused with the reason") {
    CHECK(refusal({}) == "image is empty");
    CHECK(refusal({0x42}).find("nothing that can be booted") != std::string::npos);
    CHECK(refusal(std::vector<u8>(100000)).find("nothing that can be booted") != std::string::npos);
    CHECK(refusal(disk(100, 8000)).find("cut off") != std::string::npos);
    CHECK(refusal(iso(40, false)).find("without a boot record") != std::string::npos);
    std::vector<u8> cut = iso(1000, true);
    cut.resize(cut.size() / 2);
    CHECK(refusal(cut).find("cut off") != std::string::npos);
    std::vector<u8> gzip(100);
    text(gzip, 0, "\x1F\x8B");
    CHECK(refusal(gzip).find("gunzip") != std::string::npos);
    std::vector<u8> snapshot(100);
    text(snapshot, 0, "RINGSNAP");
    CHECK(refusal(snapshot).find("ringshift resume") != std::string::npos);
    std::vector<u8> elf = multiboot();
    put<u32>(elf, 0x1000, 0);
    CHECK(refusal(elf).find("without a Multiboot header") != std::string::npos);
}

TEST_CASE("a missing file is refused with its name") {
    const auto kind = recognise_image(std::filesystem::path("/nonexistent/kernel"));
    REQUIRE_FALSE(kind.ok());
    CHECK(kind.error().message.find("/nonexistent/kernel") != std::string::npos);
    CHECK_FALSE(recognise_image(std::filesystem::path("/tmp")).ok());
}

TEST_CASE("a Linux kernel and its initrd are placed by the boot protocol") {
    const std::vector<u8> kernel = bzimage();
    const std::vector<u8> initrd(10000, 0xAB);
    auto blobs = prepare_linux("k", kernel, initrd, "console=ttyS0 vga=0x301", 64 * mib);
    REQUIRE(blobs.ok());
    const BootBlobs& b = blobs.value();
    CHECK(b.setup.size() == 5 * 512);
    CHECK(b.kernel.size() == 4096);
    CHECK(b.kernel_address == 0x100000);
    CHECK(b.initrd_address == ((63 * mib - 10000) & ~u64{0xFFF}));
    CHECK(b.setup[0x210] == 0xFF);
    CHECK((b.setup[0x211] & 0x80) != 0);
    CHECK(get<u32>(b.setup, 0x218) == b.initrd_address);
    CHECK(get<u32>(b.setup, 0x21C) == 10000);
    CHECK(get<u32>(b.setup, 0x228) == b.command_line_address);
    CHECK(get<u16>(b.setup, 0x1FA) == 0x301);
    CHECK(b.command_line.back() == 0);
}

TEST_CASE("bad Linux kernels and initrds are refused") {
    const auto error = [](std::vector<u8> kernel, std::size_t initrd, std::string_view line, u64 ram) {
        auto blobs = prepare_linux("k", kernel, std::vector<u8>(initrd), line, ram);
        REQUIRE_FALSE(blobs.ok());
        return blobs.error().message;
    };
    CHECK(error({}, 0, "", 64 * mib).find("empty") != std::string::npos);
    CHECK(error({1}, 0, "", 64 * mib).find("not a Linux kernel") != std::string::npos);
    std::vector<u8> cut = bzimage();
    cut.resize(cut.size() - 1000);
    CHECK(error(cut, 0, "", 64 * mib).find("cut off") != std::string::npos);
    CHECK(error(bzimage(), 80 * mib, "", 64 * mib).find("--memory-size") != std::string::npos);
    CHECK(error(bzimage(), 60 * mib, "", 64 * mib).find("--memory-size") != std::string::npos);
    CHECK(error(bzimage(), 0, "", 4 * mib).find("--memory-size") != std::string::npos);
    CHECK(error(bzimage(), 0, std::string(256, 'x'), 64 * mib).find("command line") != std::string::npos);
}

TEST_CASE("a Multiboot kernel becomes one image with modules and information structure") {
    auto blobs = prepare_multiboot("k", multiboot(), {{"mod arg", std::vector<u8>(5000, 0xCD)}}, "k arg", 64 * mib);
    REQUIRE(blobs.ok());
    const BootBlobs& b = blobs.value();
    const std::vector<u8> image = b.kernel.all().value();
    CHECK(b.kernel_address == 0x100000);
    CHECK(b.kernel_entry == 0x100010);
    CHECK(get<u32>(image, 0) == 0x1BADB002);
    CHECK(get<u32>(image, 0x900) == 0); // beyond the file's part
    const u32 info = b.initrd_address - b.kernel_address;
    CHECK((get<u32>(image, info) & 0x20C) == 0x20C);
    CHECK(get<u32>(image, info + 20) == 1);
    const u32 entry = get<u32>(image, info + 24) - b.kernel_address;
    const u32 begin = get<u32>(image, entry);
    CHECK(begin % 4096 == 0);
    CHECK(get<u32>(image, entry + 4) - begin == 5000);
    CHECK(image[begin - b.kernel_address + 4999] == 0xCD);
    const u32 line = get<u32>(image, info + 16) - b.kernel_address;
    CHECK(std::string(reinterpret_cast<const char*>(image.data() + line)) == "k arg");
}

TEST_CASE("bad Multiboot kernels are refused") {
    const auto error = [](const std::vector<u8>& kernel) {
        auto blobs = prepare_multiboot("k", kernel, {}, "", 64 * mib);
        REQUIRE_FALSE(blobs.ok());
        return blobs.error().message;
    };
    CHECK(error({}).find("empty") != std::string::npos);
    CHECK(error(std::vector<u8>(1)).find("not a Multiboot kernel") != std::string::npos);
    CHECK(error(multiboot(0x1000)).find("wants memory") != std::string::npos);
    CHECK(error(multiboot(0xF0000000)).find("--memory-size") != std::string::npos);
    CHECK(error(multiboot(0x100000, 0x13)).find("features") != std::string::npos);
    std::vector<u8> cut = multiboot();
    cut.resize(0x1400);
    CHECK(error(cut).find("cut off") != std::string::npos);
}

TEST_CASE("no change of any byte of a kernel's headers makes a loader read outside of it") {
    for (const std::vector<u8>& good : {bzimage(), multiboot(), multiboot(0x100000, 0x10003)}) {
        for (std::size_t i = 0; i < 0x1020 && i < good.size(); ++i) {
            for (const u8 value : {u8{0}, u8{0x7F}, u8{0xFF}}) {
                std::vector<u8> bad = good;
                bad[i] = value;
                (void)recognise(bad);
                (void)prepare_linux("k", bad, {}, "", 16 * mib);
                (void)prepare_multiboot("k", bad, {}, "", 16 * mib);
            }
        }
    }
}

TEST_CASE("A host file whose bytes are shared takes no memory and fails when it has changed") {
    std::string folder = (std::filesystem::temp_directory_path() / "ringshift-shared-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::filesystem::path path = std::filesystem::path(folder) / "kernel";
    const auto write = [&](std::string_view content) { std::ofstream(path) << content; };
    const auto text = [](const SharedBytes& bytes) {
        const auto all = bytes.all();
        return all.ok() ? std::string(all.value().begin(), all.value().end()) : "error: " + all.error().message;
    };
    write("0123456789");
    auto opened = share_host_file(path);
    REQUIRE(opened.ok());
    const SharedBytes whole = opened.value(), rest = whole.from(4);
    CHECK(whole.size() == 10);
    CHECK(text(whole) == "0123456789");
    CHECK(text(rest) == "456789");
    CHECK(rest.part(5, 100).value() == std::vector<u8>{'9'});
    CHECK(rest.part(7, 1).value().empty());

    SECTION("another file under its name is another file") {
        std::filesystem::rename(path, path.string() + ".old");
        write("abc");
        CHECK(text(whole) == "0123456789");
        std::filesystem::remove(path.string() + ".old");
        CHECK(text(rest) == "456789");
        CHECK(text(share_host_file(path).value()) == "abc");
    }
    SECTION("a write at a later time is a change") {
        const auto time = std::filesystem::last_write_time(path);
        write("abcdefghij");
        std::filesystem::last_write_time(path, time + std::chrono::seconds(1));
        CHECK(text(whole).find("has changed") != std::string::npos);
        CHECK(text(rest).find(path.string()) != std::string::npos);
        std::vector<u8> saved;
        Archive ar = Archive::saver(saved);
        SharedBytes(rest).archive_blob(ar, 100);
        CHECK_FALSE(ar.ok());
    }
    SECTION("a file that was cut off has changed") {
        std::filesystem::resize_file(path, 6);
        CHECK(text(whole).find("has changed") != std::string::npos);
        CHECK(text(rest).find("has changed") != std::string::npos);
    }
    SECTION("bytes in memory that are the same are given up for the file") {
        std::weak_ptr<const SharedBytes::Source> in_memory;
        const auto held = std::make_shared<std::vector<u8>>(std::vector<u8>{'4', '5', '6', '7', '8', '9'});
        struct Source final : SharedBytes::Source {
            std::shared_ptr<std::vector<u8>> bytes;
            u64 size() const override { return bytes->size(); }
            Result<> read(u64 offset, std::span<u8> out) const override {
                std::memcpy(out.data(), bytes->data() + offset, out.size());
                return Unit{};
            }
        };
        auto source = std::make_shared<Source>();
        source->bytes = held;
        SharedBytes loaded{std::shared_ptr<const SharedBytes::Source>(source)};
        in_memory = source;
        source.reset();
        loaded.share_if_same(whole);
        CHECK_FALSE(in_memory.expired());
        loaded.share_if_same(rest);
        CHECK(in_memory.expired());
        CHECK(text(loaded) == "456789");
    }
    SECTION("what cannot be opened is an error at once") {
        CHECK_FALSE(share_host_file(path.string() + ".none").ok());
        CHECK_FALSE(share_host_file(folder).ok());
    }
    std::filesystem::remove_all(folder);
}
