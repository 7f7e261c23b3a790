#include "machine/linux_loader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <optional>

namespace ringshift {

namespace {

// Offsets in the setup header, with the protocol version that brought them.
namespace field {
constexpr std::size_t setup_sectors = 0x1F1, system_size = 0x1F4 /* in 16 bytes */, video_mode = 0x1FA,
                      boot_flag = 0x1FE, magic = 0x202, version = 0x206, loader_type = 0x210, load_flags = 0x211,
                      ramdisk_address = 0x218, ramdisk_size = 0x21C, heap_end = 0x224 /* 2.01 */,
                      command_line = 0x228 /* 2.02 */, initrd_limit = 0x22C /* 2.03 */,
                      command_line_size = 0x238 /* 2.06 */, preferred_address = 0x258 /* 2.10 */,
                      init_size = 0x260 /* 2.10 */, end = 0x268;
}
constexpr std::size_t longest_setup = 256 * 512; // the boot sector and as many others as a byte can count
constexpr u8 loaded_high = 1, can_use_heap = 0x80;

constexpr u32 low_setup_address = 0x90000, low_kernel_address = 0x10000, low_command_line = 0x9A000;
constexpr u32 high_setup_address = 0x10000, high_kernel_address = 0x100000, high_command_line = 0x20000;

template <typename T>
T get(std::span<const u8> bytes, std::size_t offset) {
    T value{};
    if (offset + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

template <typename T>
void set(std::span<u8> bytes, std::size_t offset, T value) {
    ASSERT(offset + sizeof value <= bytes.size());
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// "vga=ask", "vga=normal", "vga=ext" or "vga=NUMBER" is for the boot loader, not for the kernel.
std::optional<u16> video_mode(std::string_view command_line) {
    std::size_t at = command_line.find("vga=");
    if (at == std::string_view::npos || (at != 0 && command_line[at - 1] != ' ')) return std::nullopt;
    std::string_view value = command_line.substr(at + 4);
    value = value.substr(0, value.find(' '));
    if (value == "normal") return u16{0xFFFF};
    if (value == "ext") return u16{0xFFFE};
    if (value == "ask") return u16{0xFFFD};
    const bool hex = value.starts_with("0x");
    if (hex) value.remove_prefix(2);
    u16 mode = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mode, hex ? 16 : 10);
    if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
    return mode;
}

struct Header {
    u16 version;
    bool high;
    std::size_t setup_size;
    u64 memory_end; ///< how far up the kernel needs memory for itself before it looks at the memory map
};

/// `head` is the beginning of the file of `size` bytes, `longest_setup` of them if it has as many.
Result<Header> check(std::string_view name, std::span<const u8> head, u64 size) {
    if (size == 0) return make_error("the kernel {} is empty", name);
    if (!is_linux_kernel(head)) return make_error("{} is not a Linux kernel (bzImage): it has no boot header", name);
    Header header{};
    header.version = get<u16>(head, field::version);
    if (header.version < 0x200)
        return make_error("the kernel {} uses boot protocol {:x}.{:02x}; 2.00 or later is needed", name,
                          header.version >> 8, header.version & 0xFF);
    header.high = (head[field::load_flags] & loaded_high) != 0;
    const u8 sectors = head[field::setup_sectors];
    header.setup_size = (std::size_t{sectors == 0 ? u8{4} : sectors} + 1) * 512;
    const u64 units = header.version >= 0x204 ? get<u32>(head, field::system_size) : get<u16>(head, field::system_size);
    // The last 16 bytes may be incomplete.
    if (size < header.setup_size + 16 || size + 16 < header.setup_size + units * 16)
        return make_error("the kernel {} was cut off: it should have {} bytes and has {}", name,
                          header.setup_size + units * 16, size);
    const u64 load = header.high ? high_kernel_address : low_kernel_address;
    header.memory_end = load + (size - header.setup_size);
    if (header.version >= 0x20A)
        header.memory_end = std::max<u64>(header.memory_end,
                                          get<u64>(head, field::preferred_address) + get<u32>(head, field::init_size));
    if (!header.high && header.memory_end > low_setup_address)
        return make_error("the kernel {} is too large for the memory below 640 KiB, where it wants to be", name);
    return header;
}

Result<u32> place_initrd(const Header& header, std::span<const u8> setup, u64 size, u64 ram) {
    const u64 limit = header.version >= 0x203 ? u64{get<u32>(setup, field::initrd_limit)} + 1 : 0x38000000;
    const u64 top = std::min(limit, ram - std::min(ram, firmware_reserve));
    const u64 bottom = std::max<u64>(header.memory_end, 0x100000);
    if (size > top || ((top - size) & ~page_mask) < bottom)
        return make_error("the initrd ({} KiB) does not fit beside the kernel in {} MiB of memory: give the guest more "
                          "with --memory-size",
                          (size + 1023) / 1024, ram >> 20);
    return static_cast<u32>((top - size) & ~page_mask);
}

} // namespace

bool is_linux_kernel(std::span<const u8> head) {
    return head.size() >= field::end && get<u16>(head, field::boot_flag) == 0xAA55 &&
           std::memcmp(head.data() + field::magic, "HdrS", 4) == 0;
}

Result<BootBlobs> prepare_linux(std::string_view name, const SharedBytes& kernel, SharedBytes initrd,
                                std::string_view command_line, u64 ram_below_4g) {
    const std::vector<u8> head = TRY(kernel.part(0, longest_setup));
    const Header header = TRY(check(name, head, kernel.size()));
    const u64 usable = ram_below_4g - std::min(ram_below_4g, firmware_reserve);
    if (header.memory_end > usable)
        return make_error("the kernel {} needs {} MiB of memory, the guest has {} MiB: give it more with --memory-size",
                          name, ((header.memory_end + firmware_reserve) >> 20) + 1, ram_below_4g >> 20);
    u64 longest = 255;
    if (header.version >= 0x206) longest = get<u32>(head, field::command_line_size);
    longest = std::min<u64>(longest, header.high ? 0xF000 : 0x1000);
    if (command_line.size() > longest)
        return make_error("the kernel's command line has {} characters; {} takes at most {}", command_line.size(), name,
                          longest);

    BootBlobs blobs;
    blobs.rom = "linux_boot";
    blobs.setup_address = header.high ? high_setup_address : low_setup_address;
    blobs.kernel_address = header.high ? high_kernel_address : low_kernel_address;
    blobs.command_line_address = header.high ? high_command_line : low_command_line;
    blobs.setup.assign(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(header.setup_size));
    blobs.kernel = kernel.from(header.setup_size);
    blobs.command_line.assign(command_line.begin(), command_line.end());
    blobs.command_line.push_back(0);

    const std::span setup(blobs.setup);
    setup[field::loader_type] = 0xFF; // no number of our own
    if (const auto mode = video_mode(command_line)) set<u16>(setup, field::video_mode, *mode);
    if (header.version >= 0x201) {
        setup[field::load_flags] = static_cast<u8>(setup[field::load_flags] | can_use_heap);
        set<u16>(setup, field::heap_end, static_cast<u16>(blobs.command_line_address - blobs.setup_address - 0x200));
    }
    if (header.version >= 0x202) {
        set<u32>(setup, field::command_line, blobs.command_line_address);
    } else {
        set<u16>(setup, 0x20, 0xA33F);
        set<u16>(setup, 0x22, static_cast<u16>(blobs.command_line_address - blobs.setup_address));
    }
    if (!initrd.empty()) {
        blobs.initrd_address = TRY(place_initrd(header, setup, initrd.size(), ram_below_4g));
        set<u32>(setup, field::ramdisk_address, blobs.initrd_address);
        set<u32>(setup, field::ramdisk_size, static_cast<u32>(initrd.size()));
        blobs.initrd = std::move(initrd);
    }
    return blobs;
}

} // namespace ringshift
