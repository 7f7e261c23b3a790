#include "machine/image_kind.h"
#include "machine/linux_loader.h"
#include "machine/multiboot_loader.h"

#include <catch2/catch.hpp>

#include <cstring>

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
    CHECK(b.kernel_address == 0x100000);
    CHECK(b.kernel_entry == 0x100010);
    CHECK(get<u32>(b.kernel, 0) == 0x1BADB002);
    CHECK(get<u32>(b.kernel, 0x900) == 0); // beyond the file's part
    const u32 info = b.initrd_address - b.kernel_address;
    CHECK((get<u32>(b.kernel, info) & 0x20C) == 0x20C);
    CHECK(get<u32>(b.kernel, info + 20) == 1);
    const u32 entry = get<u32>(b.kernel, info + 24) - b.kernel_address;
    const u32 begin = get<u32>(b.kernel, entry);
    CHECK(begin % 4096 == 0);
    CHECK(get<u32>(b.kernel, entry + 4) - begin == 5000);
    CHECK(b.kernel[begin - b.kernel_address + 4999] == 0xCD);
    const u32 line = get<u32>(b.kernel, info + 16) - b.kernel_address;
    CHECK(std::string(reinterpret_cast<const char*>(b.kernel.data() + line)) == "k arg");
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
