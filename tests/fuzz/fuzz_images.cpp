// Any file given as an image, a kernel or a snapshot: the loaders must refuse it or stay inside of it.
//
// The first byte chooses: the bytes as they are, changes to a good Linux or Multiboot kernel (three bytes each: where,
// and what), or the contents of a snapshot whose checksums are right.
#include "machine/checksum.h"
#include "machine/image_kind.h"
#include "machine/linux_loader.h"
#include "machine/multiboot_loader.h"
#include "machine/snapshot.h"

#include <algorithm>
#include <cstring>

using namespace ringshift;

namespace {

constexpr u64 ram = 16u << 20;

template <typename T>
void put(std::vector<u8>& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

std::vector<u8> linux_kernel() {
    std::vector<u8> bytes(5 * 512 + 1024);
    bytes[0x1F1] = 4;
    put<u32>(bytes, 0x1F4, 1024 / 16);
    put<u16>(bytes, 0x1FE, 0xAA55);
    put<u32>(bytes, 0x202, 0x53726448);
    put<u16>(bytes, 0x206, 0x20C);
    bytes[0x211] = 1;
    put<u32>(bytes, 0x22C, 0x7FFFFFFF);
    put<u32>(bytes, 0x238, 255);
    put<u64>(bytes, 0x258, 0x100000);
    put<u32>(bytes, 0x260, 0x200000);
    return bytes;
}

std::vector<u8> multiboot_kernel() {
    std::vector<u8> bytes(0x400);
    const u8 ident[] = {0x7F, 'E', 'L', 'F', 1, 1, 1};
    std::copy(std::begin(ident), std::end(ident), bytes.begin());
    put<u32>(bytes, 24, 0x100010);
    put<u32>(bytes, 28, 52);
    put<u16>(bytes, 42, 32);
    put<u16>(bytes, 44, 1);
    const u32 segment[] = {1, 0x200, 0x100000, 0x100000, 0x200, 0x3000};
    std::memcpy(bytes.data() + 52, segment, sizeof segment);
    put<u32>(bytes, 0x200, 0x1BADB002);
    put<u32>(bytes, 0x204, 3);
    put<u32>(bytes, 0x208, 0u - 0x1BADB002 - 3);
    return bytes;
}

void change(std::vector<u8>& bytes, std::span<const u8> changes) {
    for (; changes.size() >= 3; changes = changes.subspan(3)) {
        const std::size_t at = changes[0] | changes[1] << 8;
        if (at < bytes.size()) bytes[at] = changes[2];
        if (at >= 0xF000) bytes.resize(bytes.size() - std::min<std::size_t>(bytes.size() - 1, changes[2])); // cut off
    }
}

void check_kernels(const std::vector<u8>& file) {
    ImageBytes image;
    image.name = "image";
    image.size = file.size();
    image.read = [&file](u64 offset, std::size_t size) -> Result<std::vector<u8>> {
        if (offset >= file.size()) return std::vector<u8>{};
        const auto begin = file.begin() + static_cast<std::ptrdiff_t>(offset);
        return std::vector<u8>(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, file.size() - offset)));
    };
    const auto kind = recognise_image(image);
    ASSERT(kind.ok() || !kind.error().message.empty());
    const std::vector<u8> initrd(5000, 0x11);
    for (const auto& blobs : {prepare_linux("k", file, initrd, "line", ram),
                              prepare_multiboot("k", file, {{"module", initrd}}, "line", ram)}) {
        if (!blobs.ok()) {
            ASSERT(!blobs.error().message.empty());
            continue;
        }
        ASSERT(blobs.value().kernel_address + blobs.value().kernel.size() <= ram);
    }
}

/// The format of machine/snapshot.h: what is given becomes its chunks.
void check_snapshot(std::span<const u8> data) {
    std::vector<u8> file(24);
    std::memcpy(file.data(), SnapshotReader::magic.data(), SnapshotReader::magic.size());
    put<u32>(file, 8, SnapshotReader::version);
    put<u64>(file, 16, Checksum::of(std::span<const u8>(file).first(16)));
    const auto add = [&file](const char* tag, u64 size, std::span<const u8> stored) {
        const std::size_t at = file.size();
        file.resize(at + 40);
        std::memcpy(file.data() + at, tag, std::strlen(tag));
        put<u64>(file, at + 16, size);
        put<u64>(file, at + 24, stored.size());
        Checksum sum;
        sum.add(std::span<const u8>(file).subspan(at, 32));
        sum.add(stored);
        put<u64>(file, at + 32, sum.value());
        file.insert(file.end(), stored.begin(), stored.end());
    };
    while (data.size() >= 3) {
        const std::size_t stored = std::min<std::size_t>(data[2], data.size() - 3);
        add("part", data[0] | data[1] << 8, data.subspan(3, stored));
        data = data.subspan(3 + stored);
    }
    add("end", 0, {});
    const auto reader = SnapshotReader::parse(file, "s");
    ASSERT(reader.ok(), "{}", reader.ok() ? "" : reader.error().message);
    for (std::size_t i = 0; i < reader.value().count("part"); ++i) (void)reader.value().chunk("part", i);
    if (reader.value().count("part") == 0) return;
    (void)reader.value().load("part", [](Archive& ar) {
        std::string text;
        std::vector<u8> bytes;
        bool flag = false;
        ar(text, flag, bytes);
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const u8> rest(data + 1, size - 1);
    std::vector<u8> file(rest.begin(), rest.end());
    switch (data[0] % 4) {
    case 0:
        check_kernels(file);
        (void)SnapshotReader::parse(file, "s");
        break;
    case 1:
        file = linux_kernel();
        change(file, rest);
        check_kernels(file);
        break;
    case 2:
        file = multiboot_kernel();
        change(file, rest);
        check_kernels(file);
        break;
    case 3: check_snapshot(rest); break;
    }
    return 0;
}
