#include "devices/ata_disk.h"

#include <algorithm>

namespace ringshift {

DiskGeometry default_geometry(u64 sectors) {
    const u32 per_track = static_cast<u32>(std::clamp<u64>(sectors, 1, 63));
    const u32 heads = static_cast<u32>(std::clamp<u64>(sectors / per_track, 1, 16));
    const u32 cylinders = static_cast<u32>(std::clamp<u64>(sectors / (u64{per_track} * heads), 1, 16383));
    return {cylinders, heads, per_track};
}

void build_disk_identify(std::span<u8> block, u64 capacity, const AtaDisk::Settings& settings,
                         std::string_view serial) {
    const auto word = [block](unsigned index, u64 value) {
        put_identify_word(block, index, static_cast<u32>(value & 0xFFFF));
    };
    const DiskGeometry g = default_geometry(capacity);
    const u64 per_cylinder = u64{settings.heads} * settings.sectors_per_track;
    const u64 cylinders = std::clamp<u64>(capacity / per_cylinder, 1, 65535);
    const u64 chs_capacity = std::min(capacity, cylinders * per_cylinder);
    const u64 lba28 = std::min<u64>(capacity, 0x0FFF'FFFF);
    const u8 mode = settings.transfer_mode;
    const u32 multiword = mode >= 0x20 && mode <= 0x22 ? 0x100u << (mode & 7) : 0;
    const u32 ultra = mode >= 0x40 && mode <= 0x45 ? 0x100u << (mode & 7) : 0;

    word(0, 0x0040); // fixed disk
    word(1, g.cylinders);
    word(3, g.heads);
    word(6, g.sectors);
    put_identify_string(block.subspan(20, 20), serial);
    put_identify_string(block.subspan(46, 8), "1.0");
    put_identify_string(block.subspan(54, 40), "RINGSHIFT HARDDISK");
    word(47, 0x8010); // READ/WRITE MULTIPLE of up to 16 sectors
    word(49, 0x0F00); // IORDY, LBA, DMA
    word(50, 0x4000);
    word(51, 0x0200); // PIO timing mode 2
    word(53, 0x0007);
    word(54, cylinders);
    word(55, settings.heads);
    word(56, settings.sectors_per_track);
    word(57, chs_capacity);
    word(58, chs_capacity >> 16);
    word(59, settings.multiple ? 0x0100u | settings.multiple : 0);
    word(60, lba28);
    word(61, lba28 >> 16);
    word(63, 0x0007u | multiword);
    word(64, 0x0003);                                 // PIO modes 3 and 4
    for (unsigned i = 65; i <= 68; ++i) word(i, 120); // cycle times, ns
    word(80, 0x007E);                                 // ATA-1 to ATA-6
    word(82, 0x4069);                                 // NOP, look-ahead, write cache, power management, SMART
    word(83, 0x7400);                                 // FLUSH CACHE (EXT), 48-bit addresses
    word(84, 0x4000);
    word(85,
         0x4008u | (settings.smart ? 1u : 0) | (settings.write_cache ? 0x20u : 0) | (settings.look_ahead ? 0x40u : 0));
    word(86, 0x3400);
    word(87, 0x4000);
    word(88, 0x003Fu | ultra);
    word(93, 0x600B); // 80-conductor cable
    for (unsigned i = 0; i < 4; ++i) word(100 + i, capacity >> (16 * i));
    seal_identify(block);
}

} // namespace ringshift
