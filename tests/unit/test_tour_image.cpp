// The embedded guest is what the Multiboot loader expects: an i386 ELF file with a valid header in its first 8 KiB.
#include "tour_image.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

using namespace ringshift;

namespace {

template <typename T>
T field(std::span<const u8> image, size_t offset) {
    REQUIRE(offset + sizeof(T) <= image.size());
    T value;
    std::memcpy(&value, image.data() + offset, sizeof value);
    return value;
}

constexpr u32 multiboot_magic = 0x1BADB002; // Multiboot specification 0.6.96, 3.1.1

} // namespace

TEST_CASE("the embedded tour is an i386 ELF executable whose segments lie inside the file") {
    auto image = tour_image();
    REQUIRE(field<u32>(image, 0) == 0x464C457F);
    CHECK(image[4] == 1);                // ELFCLASS32
    CHECK(field<u16>(image, 0x10) == 2); // ET_EXEC
    CHECK(field<u16>(image, 0x12) == 3); // EM_386
    u32 headers = field<u32>(image, 0x1C);
    u16 size = field<u16>(image, 0x2A), count = field<u16>(image, 0x2C);
    u32 entry = field<u32>(image, 0x18);
    bool entry_is_loaded = false;
    for (u32 i = 0; i < count; i++) {
        size_t at = headers + i * size;
        if (field<u32>(image, at) != 1) continue; // PT_LOAD
        u32 offset = field<u32>(image, at + 4), physical = field<u32>(image, at + 12);
        u32 in_file = field<u32>(image, at + 16), in_memory = field<u32>(image, at + 20);
        CHECK(offset + in_file <= image.size());
        CHECK(in_file <= in_memory);
        CHECK(physical >= 0x100000);
        CHECK(physical + in_memory <= 0x400000); // it must fit a 4 MiB machine
        entry_is_loaded |= entry >= physical && entry < physical + in_file;
    }
    CHECK(entry_is_loaded);
}

TEST_CASE("the embedded tour has one valid Multiboot header that asks for memory information") {
    auto image = tour_image();
    int found = 0;
    for (size_t at = 0; at + 12 <= std::min<size_t>(image.size(), 8192); at += 4) {
        u32 magic = field<u32>(image, at), flags = field<u32>(image, at + 4), checksum = field<u32>(image, at + 8);
        if (magic != multiboot_magic || magic + flags + checksum != 0) continue;
        found++;
        CHECK((flags & 0xFFFF) == 3);
    }
    CHECK(found == 1);
}
