// What a file is that the user wants to run.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ringshift {

enum class ImageKind {
    raw_disk,     ///< a hard disk with a partition table or a boot sector
    qcow2_disk,   ///< the same in the qcow2 format; not looked into
    cdrom,        ///< ISO 9660 with an El Torito boot record
    floppy,       ///< one of the floppy formats, by size
    boot_sector,  ///< code that expects to be read from the start of a floppy; smaller than one
    linux_kernel, ///< bzImage or zImage
    multiboot,    ///< Multiboot version 1, ELF or with addresses in its header
};

/// For messages: "raw disk", "CD-ROM image (ISO 9660)", ...
std::string_view image_kind_name(ImageKind kind);

/// A file to be examined: its size, and a way to read parts of it (fewer bytes at its end).
struct ImageBytes {
    std::string name;
    u64 size = 0;
    std::function<Result<std::vector<u8>>(u64 offset, std::size_t size)> read;
};

/// The kind, or why it cannot be run: missing, empty, cut off, compressed, a snapshot, nothing known.
Result<ImageKind> recognise_image(const std::filesystem::path& path);
Result<ImageKind> recognise_image(const ImageBytes& image);

} // namespace ringshift
