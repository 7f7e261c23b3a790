#include "machine/multiboot_loader.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace ringshift {

namespace {

constexpr u32 header_magic = 0x1BADB002;
constexpr u32 flag_page_align = 1, flag_memory_info = 2, flag_video_mode = 4, flag_addresses = 1u << 16;
constexpr std::size_t header_range = 8192;
constexpr u64 lowest_address = 0x100000;

/// Multiboot information, 3.3: what we fill in.
struct Information {
    u32 flags = 0;
    u32 mem_lower = 0, mem_upper = 0; ///< by the option ROM
    u32 boot_device = 0;
    u32 command_line = 0;
    u32 module_count = 0, modules = 0;
    u32 symbols[4] = {};
    u32 map_length = 0, map = 0; ///< by the option ROM
    u32 drives_length = 0, drives = 0;
    u32 config_table = 0;
    u32 boot_loader_name = 0;
    u32 apm_table = 0;
    u32 vbe[4] = {};
};
static_assert(sizeof(Information) == 88);
constexpr u32 has_command_line = 1u << 2, has_modules = 1u << 3, has_loader_name = 1u << 9;
constexpr u32 memory_map_size = 24 * 32; // MAP_ENTRIES of roms/multiboot_boot.asm

struct ModuleEntry {
    u32 begin, end, string, reserved;
};

template <typename T>
T get(std::span<const u8> bytes, u64 offset) {
    T value{};
    if (offset <= bytes.size() && sizeof value <= bytes.size() - offset)
        std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::optional<std::size_t> find_header(std::span<const u8> bytes) {
    const std::size_t end = std::min(bytes.size(), header_range);
    for (std::size_t at = 0; at + 12 <= end; at += 4) {
        if (get<u32>(bytes, at) == header_magic &&
            header_magic + get<u32>(bytes, at + 4) + get<u32>(bytes, at + 8) == 0)
            return at;
    }
    return std::nullopt;
}

/// A part of the file that goes to memory; what is beyond `file_size` is zero.
struct Segment {
    u64 address;
    u64 memory_size;
    u64 file_offset;
    u64 file_size;
};

struct Layout {
    std::vector<Segment> segments;
    u64 entry = 0;
};

template <typename Word>
Layout elf_layout(std::span<const u8> file) {
    constexpr bool wide = sizeof(Word) == 8;
    Layout layout;
    layout.entry = get<Word>(file, 24);
    const u64 table = get<Word>(file, wide ? 32 : 28);
    const u16 entry_size = get<u16>(file, wide ? 54 : 42);
    const u16 count = get<u16>(file, wide ? 56 : 44);
    for (u64 i = 0; i < count; ++i) {
        const u64 at = table + i * entry_size;
        if (at > file.size()) break;
        constexpr u32 load_segment = 1;
        if (get<u32>(file, at) != load_segment) continue;
        Segment segment{};
        segment.file_offset = get<Word>(file, at + (wide ? 8 : 4));
        segment.address = get<Word>(file, at + (wide ? 24 : 12));
        segment.file_size = get<Word>(file, at + (wide ? 32 : 16));
        segment.memory_size = get<Word>(file, at + (wide ? 40 : 20));
        if (segment.memory_size != 0) layout.segments.push_back(segment);
    }
    // Some linkers give the entry as a virtual address: translate it by the segment that holds it.
    for (u64 i = 0; i < count; ++i) {
        const u64 at = table + i * entry_size;
        if (at > file.size() || get<u32>(file, at) != 1) continue;
        const u64 virtual_address = get<Word>(file, at + (wide ? 16 : 8));
        const u64 physical = get<Word>(file, at + (wide ? 24 : 12));
        const u64 size = get<Word>(file, at + (wide ? 40 : 20));
        const u64 entry = get<Word>(file, 24);
        if (entry >= virtual_address && entry - virtual_address < size) {
            layout.entry = entry - virtual_address + physical;
            break;
        }
    }
    return layout;
}

Result<Layout> header_layout(std::string_view name, std::span<const u8> file, std::size_t header) {
    const u64 header_address = get<u32>(file, header + 12);
    const u64 load = get<u32>(file, header + 16);
    const u64 load_end = get<u32>(file, header + 20);
    const u64 bss_end = get<u32>(file, header + 24);
    if (load > header_address || header_address - load > header || (load_end != 0 && load_end < load))
        return make_error("the Multiboot kernel {} has impossible load addresses in its header", name);
    Segment segment{};
    segment.address = load;
    segment.file_offset = header - (header_address - load);
    segment.file_size = load_end != 0 ? load_end - load : file.size() - segment.file_offset;
    segment.memory_size = std::max(segment.file_size, bss_end > load ? bss_end - load : 0);
    return Layout{{segment}, get<u32>(file, header + 28)};
}

Result<Layout> layout_of(std::string_view name, std::span<const u8> file) {
    if (file.empty()) return make_error("the kernel {} is empty", name);
    const auto header = find_header(file);
    if (!header) return make_error("{} is not a Multiboot kernel: it has no Multiboot header", name);
    const u32 flags = get<u32>(file, *header + 4);
    const u32 known = flag_page_align | flag_memory_info | flag_video_mode;
    if ((flags & 0xFFFF & ~known) != 0)
        return make_error("the Multiboot kernel {} asks for features that do not exist (flags {:#x})", name, flags);
    if ((flags & flag_addresses) != 0) return header_layout(name, file, *header);
    if (std::memcmp(file.data(),
                    "\x7F"
                    "ELF",
                    4) != 0)
        return make_error("the Multiboot kernel {} is no ELF file and has no load addresses in its header", name);
    const u8 elf_class = get<u8>(file, 4);
    if (elf_class != 1 && elf_class != 2) return make_error("{} is a damaged ELF file", name);
    return elf_class == 2 ? elf_layout<u64>(file) : elf_layout<u32>(file);
}

/// Appends to a memory image at increasing addresses.
class ImageBuilder {
  public:
    ImageBuilder(u64 base, std::vector<u8>& bytes) : m_base(base), m_bytes(bytes) {}
    u32 address() const { return static_cast<u32>(m_base + m_bytes.size()); }
    void align(u64 alignment) { m_bytes.resize((m_bytes.size() + alignment - 1) / alignment * alignment); }
    u32 append(std::span<const u8> bytes) {
        const u32 at = address();
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
        return at;
    }
    u32 append(std::string_view text) {
        const u32 at = append(std::span(reinterpret_cast<const u8*>(text.data()), text.size()));
        m_bytes.push_back(0);
        return at;
    }
    u32 zeros(u64 size) {
        const u32 at = address();
        m_bytes.resize(m_bytes.size() + size);
        return at;
    }

  private:
    u64 m_base;
    std::vector<u8>& m_bytes;
};

/// Modules and information structure, after the kernel.
void append_information(BootBlobs& blobs, std::vector<u8>& kernel, const std::vector<MultibootModule>& modules,
                        std::string_view command_line) {
    ImageBuilder image(blobs.kernel_address, kernel);
    std::vector<ModuleEntry> entries;
    for (const MultibootModule& module : modules) {
        image.align(page_size);
        const u32 begin = image.append(module.content);
        entries.push_back({begin, image.address(), 0, 0});
    }
    image.align(page_size);
    Information information;
    blobs.initrd_address = image.zeros(sizeof information);
    information.map = image.zeros(memory_map_size);
    information.flags = has_command_line | has_loader_name | (modules.empty() ? 0 : has_modules);
    information.command_line = image.append(command_line);
    information.boot_loader_name = image.append("Ringshift");
    for (std::size_t i = 0; i < modules.size(); ++i) entries[i].string = image.append(modules[i].command_line);
    image.align(4);
    information.module_count = static_cast<u32>(entries.size());
    information.modules = image.address();
    for (const ModuleEntry& entry : entries) image.append(std::span(reinterpret_cast<const u8*>(&entry), sizeof entry));
    std::memcpy(kernel.data() + (blobs.initrd_address - blobs.kernel_address), &information, sizeof information);
}

} // namespace

bool has_multiboot_header(std::span<const u8> head) { return find_header(head).has_value(); }

Result<BootBlobs> prepare_multiboot(std::string_view name, std::span<const u8> kernel,
                                    const std::vector<MultibootModule>& modules, std::string_view command_line,
                                    u64 ram_below_4g) {
    const Layout layout = TRY(layout_of(name, kernel));
    if (layout.segments.empty()) return make_error("the Multiboot kernel {} has nothing to load", name);
    const u64 top = ram_below_4g - std::min(ram_below_4g, firmware_reserve);
    u64 begin = ~u64{0};
    u64 end = 0;
    for (const Segment& segment : layout.segments) {
        if (segment.file_size > segment.memory_size || segment.file_offset > kernel.size() ||
            segment.file_size > kernel.size() - segment.file_offset)
            return make_error("the Multiboot kernel {} was cut off or is damaged: a segment lies outside of the file",
                              name);
        if (segment.address < lowest_address || segment.address > top || segment.memory_size > top - segment.address)
            return make_error("the Multiboot kernel {} wants memory at {:#x} to {:#x}; from {:#x} to {:#x} is free: "
                              "more can be given with --memory-size",
                              name, segment.address, segment.address + segment.memory_size, lowest_address, top);
        begin = std::min(begin, segment.address);
        end = std::max(end, segment.address + segment.memory_size);
    }
    if (layout.entry < begin || layout.entry >= end)
        return make_error("the Multiboot kernel {} has its entry point ({:#x}) outside of itself", name, layout.entry);
    u64 total = end - begin + command_line.size() + 2 * page_size;
    for (const MultibootModule& module : modules)
        total += module.content.size() + module.command_line.size() + 2 * page_size;
    if (total > top - begin)
        return make_error(
            "the Multiboot kernel {} and its modules need {} MiB of memory, the guest has {} MiB: give it "
            "more with --memory-size",
            name, ((begin + total + firmware_reserve) >> 20) + 1, ram_below_4g >> 20);

    BootBlobs blobs;
    blobs.rom = "multiboot_boot";
    blobs.kernel_address = static_cast<u32>(begin);
    blobs.kernel_entry = static_cast<u32>(layout.entry);
    std::vector<u8> image(end - begin);
    for (const Segment& segment : layout.segments)
        std::memcpy(image.data() + (segment.address - begin), kernel.data() + segment.file_offset, segment.file_size);
    append_information(blobs, image, modules, command_line);
    blobs.kernel = std::move(image);
    return blobs;
}

} // namespace ringshift
