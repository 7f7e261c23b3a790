#include "machine/memory_layout.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u64 four_gib = u64{1} << 32;
constexpr u64 vga_begin = 0xA0000, shadow_begin = 0xC0000, one_mib = 0x100000;
/// Through the upper half of the shadow area the end of the firmware is seen.
constexpr u64 legacy_firmware_begin = 0xE0000;

} // namespace

// ---- Windows -------------------------------------------------------------------------------------------------------

u64 MemoryLayout::Window::read(PhysAddr address, unsigned count) {
    return contains(address, count) ? registers->read(address.value - base, count) : ~u64{0};
}

void MemoryLayout::Window::write(PhysAddr address, unsigned count, u64 value) {
    if (contains(address, count)) registers->write(address.value - base, count, value);
}

void MemoryLayout::Window::read_range(PhysAddr address, std::span<u8> out) {
    if (contains(address, out.size()))
        registers->read_range(address.value - base, out);
    else
        std::fill(out.begin(), out.end(), u8{0xFF});
}

void MemoryLayout::Window::write_range(PhysAddr address, std::span<const u8> in) {
    if (contains(address, in.size())) registers->write_range(address.value - base, in);
}

// ---- What is always there ------------------------------------------------------------------------------------------

Result<std::unique_ptr<MemoryLayout>> MemoryLayout::create(u64 ram_size, Firmware firmware) {
    ASSERT(firmware && !firmware->empty() && firmware->size() % 0x10000 == 0 && firmware->size() <= (16u << 20));
    return std::unique_ptr<MemoryLayout>(new MemoryLayout(TRY(GuestRam::create(ram_size)), std::move(firmware)));
}

MemoryLayout::MemoryLayout(GuestRam ram, Firmware firmware) : m_ram(std::move(ram)), m_firmware(std::move(firmware)) {
    m_map.share(m_ram.shared());
    map_base(0, low_ram());
    if (high_ram() != 0) map_base(four_gib, four_gib + high_ram());
    map_base(four_gib - m_firmware->size(), four_gib);
}

const u8* MemoryLayout::rom_at(u32 address) const {
    const u64 from_end = one_mib - address;
    if (address < legacy_firmware_begin || from_end > m_firmware->size()) return nullptr;
    return m_firmware->data() + (m_firmware->size() - from_end);
}

void MemoryLayout::map_base(u64 begin, u64 end) {
    const auto clipped = [&](u64 from, u64 to, auto map) {
        from = std::max(from, begin);
        to = std::min(to, end);
        if (from < to) map(from, to - from);
    };
    m_map.unmap(PhysAddr(begin), end - begin);
    const auto ram = [&](u64 at, u64 size) { m_map.map_ram(PhysAddr(at), size, m_ram.data() + at); };
    clipped(0, std::min(vga_begin, low_ram()), ram);
    clipped(one_mib, low_ram(), ram);
    clipped(four_gib, four_gib + high_ram(),
            [&](u64 at, u64 size) { m_map.map_ram(PhysAddr(at), size, m_ram.data() + low_ram() + (at - four_gib)); });
    const u64 rom = four_gib - m_firmware->size();
    clipped(rom, four_gib,
            [&](u64 at, u64 size) { m_map.map_rom(PhysAddr(at), size, m_firmware->data() + (at - rom)); });
    clipped(legacy_firmware_begin, one_mib,
            [&](u64 at, u64 size) { m_map.map_rom(PhysAddr(at), size, rom_at(static_cast<u32>(at))); });
    for (const auto& [at, shadow] : m_shadow)
        if (at < end && at + shadow.size > begin) apply_shadow(at, shadow);
}

void MemoryLayout::set_shadow(u32 begin, u32 size, bool read_ram, bool write_ram) {
    ASSERT(begin >= shadow_begin && begin + size <= one_mib);
    m_shadow[begin] = {size, read_ram, write_ram};
    apply_shadow(begin, m_shadow[begin]);
}

void MemoryLayout::apply_shadow(u32 begin, const Shadow& shadow) {
    u8* ram = m_ram.data() + begin;
    m_map.map_split(PhysAddr(begin), shadow.size, shadow.read_ram ? ram : rom_at(begin),
                    shadow.write_ram ? ram : nullptr);
}

// ---- What the guest places -----------------------------------------------------------------------------------------

void MemoryLayout::place(u64 begin, u64 size, RegisterBlock& registers) {
    release(registers);
    Window& window = m_windows[&registers];
    window.base = begin;
    window.size = size;
    window.registers = &registers;
    add({begin & ~page_mask, (begin + size + page_mask) & ~page_mask, &window, nullptr, nullptr});
}

void MemoryLayout::place_memory(u64 begin, u64 size, u8* host, std::atomic<u8>* dirty) {
    release_memory(host);
    ASSERT(begin % page_size == 0 && size % page_size == 0);
    add({begin, begin + size, nullptr, host, dirty});
}

void MemoryLayout::add(Placement placement) {
    m_placements.push_back(placement);
    apply(placement);
}

void MemoryLayout::apply(const Placement& p) {
    if (p.window)
        m_map.map_mmio(PhysAddr(p.begin), p.end - p.begin, *p.window);
    else
        m_map.map_ram(PhysAddr(p.begin), p.end - p.begin, p.host, p.dirty);
}

template <typename Which>
void MemoryLayout::remove(Which which) {
    const auto found = std::find_if(m_placements.begin(), m_placements.end(), which);
    if (found == m_placements.end()) return;
    const Placement gone = *found;
    m_placements.erase(found);
    map_base(gone.begin, gone.end);
    for (const Placement& other : m_placements)
        if (other.begin < gone.end && other.end > gone.begin) apply(other);
}

void MemoryLayout::release(const RegisterBlock& registers) {
    const auto window = m_windows.find(&registers);
    if (window == m_windows.end()) return;
    remove([&](const Placement& p) { return p.window == &window->second; });
}

void MemoryLayout::release_memory(const u8* host) {
    remove([&](const Placement& p) { return p.window == nullptr && p.host == host; });
}

} // namespace ringshift
