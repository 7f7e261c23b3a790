#include "machine/image_kind.h"

#include "machine/host_file.h"
#include "machine/linux_loader.h"
#include "machine/multiboot_loader.h"
#include "machine/qcow2.h"
#include "machine/snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace ringshift {

namespace {

constexpr u64 sector = 512;
constexpr u64 cd_sector = 2048;
constexpr std::array<u64, 8> floppy_kib = {160, 180, 320, 360, 720, 1200, 1440, 2880};

template <typename T>
T load(std::span<const u8> bytes, std::size_t offset) {
    T value{};
    if (offset + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

bool begins_with(std::span<const u8> bytes, std::string_view text, std::size_t offset = 0) {
    return bytes.size() >= offset + text.size() && std::memcmp(bytes.data() + offset, text.data(), text.size()) == 0;
}

/// Formats that hold what we want in a form that we do not read.
Result<> refuse_wrapped(const ImageBytes& image, std::span<const u8> head) {
    struct Wrapped {
        std::string_view magic;
        std::string_view what;
        std::string_view advice;
    };
    static const std::array<Wrapped, 8> wrapped = {{
        {"\x1F\x8B", "gzip-compressed", "uncompress it first: gunzip FILE"},
        {"BZh", "bzip2-compressed", "uncompress it first: bunzip2 FILE"},
        {{"\xFD"
          "7zXZ\0",
          6},
         "xz-compressed",
         "uncompress it first: unxz FILE"},
        {{"\x28\xB5\x2F\xFD", 4}, "zstd-compressed", "uncompress it first: unzstd FILE"},
        {"PK\x03\x04", "a ZIP archive", "unpack it first: unzip FILE"},
        {"KDMV", "a VMDK disk image", "convert it first: ringshift disk convert FILE disk.qcow2"},
        {"conectix", "a VHD disk image", "convert it first: ringshift disk convert FILE disk.qcow2"},
        {"<<< ", "a VDI disk image", "convert it first: ringshift disk convert FILE disk.qcow2"},
    }};
    for (const Wrapped& w : wrapped)
        if (begins_with(head, w.magic)) return make_error("{} is {}; {}", image.name, w.what, w.advice);
    if (SnapshotReader::recognises(head))
        return make_error("{} is a snapshot; use: ringshift resume {}", image.name, image.name);
    return Unit{};
}

Result<ImageKind> examine_cdrom(const ImageBytes& image, std::span<const u8> volume) {
    const u64 blocks = load<u32>(volume, 80);
    // Tools pad images with 150 sectors that are sometimes cut off; more than that is damage.
    constexpr u64 padding = 150;
    if (blocks > padding && image.size < (blocks - padding) * cd_sector)
        return make_error("{} is an ISO 9660 image that was cut off: it should have {} bytes and has {}; get it again",
                          image.name, blocks * cd_sector, image.size);
    const std::vector<u8> record = TRY(image.read(17 * cd_sector, cd_sector));
    if (!begins_with(record, "EL TORITO SPECIFICATION", 7))
        return make_error("{} is an ISO 9660 image without a boot record; use --cdrom {} beside something that boots",
                          image.name, image.name);
    return ImageKind::cdrom;
}

struct Partition {
    u8 status;
    u8 type;
    u64 begin;
    u64 count;
};

std::array<Partition, 4> partition_table(std::span<const u8> head) {
    std::array<Partition, 4> table{};
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t at = 446 + 16 * i;
        table[i] = {head[at], head[at + 4], load<u32>(head, at + 8), load<u32>(head, at + 12)};
    }
    return table;
}

/// The first sector ends in 55 AA and the file is larger than a sector.
Result<ImageKind> examine_disk(const ImageBytes& image, std::span<const u8> head) {
    const auto table = partition_table(head);
    const bool valid = std::all_of(table.begin(), table.end(), [](const Partition& p) {
        return (p.status == 0 || p.status == 0x80) && (p.type == 0 || (p.begin != 0 && p.count != 0));
    });
    const bool used = std::any_of(table.begin(), table.end(), [](const Partition& p) { return p.type != 0; });
    constexpr u64 largest_floppy = 2880 * 1024;
    if (!valid || !used) {
        if (image.size <= largest_floppy) return ImageKind::boot_sector;
        if (image.size % sector != 0)
            return make_error("{} looks like a disk, but its size ({} bytes) is not a multiple of 512: it was cut off",
                              image.name, image.size);
        return ImageKind::raw_disk;
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].type == 0 || table[i].type == 0xEE) continue;
        if ((table[i].begin + table[i].count) * sector > image.size)
            return make_error("{} is a disk that was cut off: its partition {} ends at byte {}, the file at {}",
                              image.name, i + 1, (table[i].begin + table[i].count) * sector, image.size);
    }
    if (begins_with(head, "EFI PART", sector)) {
        const u64 backup = load<u64>(head, sector + 32);
        if (backup >= image.size / sector)
            return make_error("{} is a disk that was cut off: the second copy of its partition table should be in "
                              "sector {}, and the file has {} sectors",
                              image.name, backup, image.size / sector);
    }
    return ImageKind::raw_disk;
}

} // namespace

std::string_view image_kind_name(ImageKind kind) {
    switch (kind) {
    case ImageKind::raw_disk: return "hard disk image";
    case ImageKind::qcow2_disk: return "hard disk image (qcow2)";
    case ImageKind::cdrom: return "CD-ROM image (ISO 9660, El Torito)";
    case ImageKind::floppy: return "floppy disk image";
    case ImageKind::boot_sector: return "boot sector";
    case ImageKind::linux_kernel: return "Linux kernel";
    case ImageKind::multiboot: return "Multiboot kernel";
    }
    return "?";
}

Result<ImageKind> recognise_image(const std::filesystem::path& path) {
    ImageBytes image;
    image.name = path.string();
    image.size = TRY(host_file_size(path));
    image.read = [path](u64 offset, std::size_t size) { return read_host_file_part(path, offset, size); };
    return recognise_image(image);
}

Result<ImageKind> recognise_image(const ImageBytes& image) {
    if (image.size == 0) return make_error("{} is empty", image.name);
    const std::vector<u8> head = TRY(image.read(0, 16384));
    TRY(refuse_wrapped(image, head));
    if (is_qcow2(head)) return ImageKind::qcow2_disk;
    if (is_linux_kernel(head)) return ImageKind::linux_kernel;
    const bool elf = begins_with(head, "\x7F"
                                       "ELF");
    if (elf && !has_multiboot_header(head))
        return make_error("{} is an ELF file without a Multiboot header in its first 8 KiB: not a kernel that can be "
                          "started",
                          image.name);
    if (elf) return ImageKind::multiboot;
    const std::vector<u8> volume = TRY(image.read(16 * cd_sector, cd_sector));
    if (begins_with(volume, "CD001", 1)) return examine_cdrom(image, volume);
    const bool signature = load<u16>(head, 510) == 0xAA55;
    const bool floppy_size =
        std::any_of(floppy_kib.begin(), floppy_kib.end(), [&](u64 kib) { return image.size == kib * 1024; });
    if (floppy_size && (signature || head[0] == 0xEB || head[0] == 0xE9)) return ImageKind::floppy;
    if (signature && image.size == sector) return ImageKind::boot_sector;
    if (signature) return examine_disk(image, head);
    // Other kinds may hold a boot loader's own Multiboot header in their first sectors, so this comes last.
    if (has_multiboot_header(head)) return ImageKind::multiboot;
    return make_error("{} is nothing that can be booted: no disk with a boot sector, no bootable ISO 9660 image, no "
                      "Linux or Multiboot kernel (use --disk, --cdrom or --floppy to attach it as it is)",
                      image.name);
}

} // namespace ringshift
