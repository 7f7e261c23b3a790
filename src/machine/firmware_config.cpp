#include "machine/firmware_config.h"

#include "devices/acpi_tables.h"
#include "devices/fw_cfg.h"
#include "devices/rtc.h"
#include "machine/firmware.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

namespace {

constexpr u64 four_gib = u64{1} << 32;

std::vector<u8> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

void append_number(std::vector<u8>& out, u64 value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<u8>(value >> (8 * i)));
}

/// Entries of {address, length, type}; 1 is usable RAM.
std::vector<u8> memory_map(const FirmwareFacts& facts) {
    std::vector<u8> map;
    const auto ram = [&map](u64 address, u64 length) {
        append_number(map, address, 8);
        append_number(map, length, 8);
        append_number(map, 1, 4);
    };
    ram(0, facts.low_ram);
    if (facts.high_ram != 0) ram(four_gib, facts.high_ram);
    return map;
}

/// Open Firmware paths, as SeaBIOS compares them.
std::string boot_order(const MachineConfig& config, std::string_view rom) {
    std::string order;
    if (!rom.empty()) order += fmt::format("/rom@genroms/{}.bin\n", rom);
    for (const char letter : config.boot_order.empty() ? std::string("dca") : config.boot_order) {
        if (letter == 'a') order += "/pci@i0cf8/isa@1/fdc@03f0/floppy@0\n/pci@i0cf8/isa@1/fdc@03f0/floppy@1\n";
        if (letter == 'c') order += "/pci@i0cf8/ide@1,1/drive@0/disk@0\n/pci@i0cf8/ide@1,1/drive@0/disk@1\n";
        if (letter == 'd') order += "/pci@i0cf8/ide@1,1/drive@1/disk@0\n/pci@i0cf8/ide@1,1/drive@1/disk@1\n";
    }
    order += "HALT"; // and nothing else: devices that were not named are not tried
    order.push_back('\0');
    return order;
}

void add_kernel(FwCfg& fw_cfg, const BootBlobs& blobs) {
    fw_cfg.add_number(FwCfg::setup_address, blobs.setup_address, 4);
    fw_cfg.add_number(FwCfg::setup_size, blobs.setup.size(), 4);
    fw_cfg.add_key(FwCfg::setup_data, blobs.setup);
    fw_cfg.add_number(FwCfg::command_line_address, blobs.command_line_address, 4);
    fw_cfg.add_number(FwCfg::command_line_size, blobs.command_line.size(), 4);
    fw_cfg.add_key(FwCfg::command_line_data, blobs.command_line);
    fw_cfg.add_number(FwCfg::kernel_address, blobs.kernel_address, 4);
    fw_cfg.add_number(FwCfg::kernel_entry, blobs.kernel_entry, 4);
    fw_cfg.add_number(FwCfg::kernel_size, blobs.kernel.size(), 4);
    fw_cfg.add_key(FwCfg::kernel_data, blobs.kernel);
    fw_cfg.add_number(FwCfg::initrd_address, blobs.initrd_address, 4);
    fw_cfg.add_number(FwCfg::initrd_size, blobs.initrd.size(), 4);
    fw_cfg.add_key(FwCfg::initrd_data, blobs.initrd);
    fw_cfg.add_file("genroms/" + blobs.rom + ".bin", option_rom(blobs.rom));
}

} // namespace

void configure_firmware(FwCfg& fw_cfg, const MachineConfig& config, const FirmwareFacts& facts,
                        const BoardContent& content) {
    fw_cfg.add_number(FwCfg::ram_size, facts.low_ram + facts.high_ram, 8);
    fw_cfg.add_number(FwCfg::no_graphic, 0, 2);
    fw_cfg.add_number(FwCfg::cpu_count, 1, 2);
    fw_cfg.add_number(FwCfg::max_cpu_count, 1, 2);
    fw_cfg.add_number(FwCfg::boot_menu, 0, 2);
    fw_cfg.add_number(FwCfg::numa, 0, 8);
    fw_cfg.add_number(FwCfg::irq0_override, 1, 1);
    fw_cfg.add_file("etc/e820", memory_map(facts));
    add_acpi_tables(fw_cfg, {.low_ram = facts.low_ram, .has_apic = facts.has_apic});
    std::string rom;
    if (content.kernel) {
        rom = content.kernel->rom;
        add_kernel(fw_cfg, *content.kernel);
    }
    fw_cfg.add_file("bootorder", bytes_of(boot_order(config, rom)));
    // Without anything to boot: the message stays.
    std::vector<u8> for_ever;
    append_number(for_ever, 0xFFFFFFFF, 4);
    fw_cfg.add_file("etc/boot-fail-wait", for_ever);
    // How many milliseconds SeaBIOS gives a USB port to say that a device is there. Ours say so at once; by default
    // each boot would wait a tenth of a second for the port that is empty.
    std::vector<u8> at_once;
    append_number(at_once, 1, 4);
    fw_cfg.add_file("etc/usb-time-sigatt", at_once);
}

void configure_cmos(Rtc& rtc, const MachineConfig& config, const FirmwareFacts& facts) {
    const auto put = [&rtc](u8 index, u64 value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i)
            rtc.set_cmos(static_cast<u8>(index + i), static_cast<u8>(value >> (8 * i)));
    };
    constexpr u64 mib = 1u << 20;
    put(0x15, 640, 2); // KiB of base memory
    const u64 extended = std::min<u64>((facts.low_ram - mib) >> 10, 0xFC00);
    put(0x17, extended, 2); // KiB above 1 MiB
    put(0x30, extended, 2);
    put(0x34, facts.low_ram > 16 * mib ? std::min<u64>((facts.low_ram - 16 * mib) >> 16, 0xFFFF) : 0, 2); // 64 KiB
    put(0x5B, facts.high_ram >> 16, 3);                                                                   // 64 KiB
    put(0x5F, 0, 1); // processors besides the first
    constexpr u8 drive_1440k = 4, drive_2880k = 5;
    u8 drives = 0;
    for (std::size_t i = 0; i < 2 && i < config.floppies.size(); ++i)
        drives = static_cast<u8>(drives | ((config.floppies[i].large ? drive_2880k : drive_1440k) << (i == 0 ? 4 : 0)));
    put(0x10, drives, 1);
    // Equipment: floppies, their number, a coprocessor, a display.
    const std::size_t count = std::min<std::size_t>(config.floppies.size(), 2);
    put(0x14, count == 0 ? 0x06u : 0x07u | (count - 1) << 6, 1);
}

} // namespace ringshift
