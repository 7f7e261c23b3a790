#include "mmu/physical_map.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace ringshift {

namespace {
constexpr u64 granule = 128; // bytes that one bit of a code mask stands for

u32 mask_for(u64 offset, u64 size) {
    const u64 first = offset / granule;
    const u64 last = (offset + size - 1) / granule;
    const u64 count = last - first + 1;
    return static_cast<u32>(((u64{1} << count) - 1) << first);
}
/// Sets or clears bits `first` to `last`.
void change_bits(u8* bits, u64 first, u64 last, bool on) {
    const auto change = [&](u64 at, unsigned mask) {
        bits[at] = static_cast<u8>(on ? bits[at] | mask : bits[at] & ~mask);
    };
    const unsigned from_first = 0xFFu << (first & 7), to_last = 0xFFu >> (7 - (last & 7));
    if (first >> 3 == last >> 3) {
        change(first >> 3, from_first & to_last);
        return;
    }
    change(first >> 3, from_first & 0xFF);
    std::memset(bits + (first >> 3) + 1, on ? 0xFF : 0, (last >> 3) - (first >> 3) - 1);
    change(last >> 3, to_last);
}

} // namespace

void PhysicalMap::Unmap::operator()(u8* memory) const { munmap(memory, size); }

void PhysicalMap::resize_marks(u64 frames) {
    const u64 before = m_code.size();
    m_code.grow(frames);
    m_uses.grow(m_code.size());
    const u64 size = m_code.size() * (page_size / 8) + page_size; // the last frame's may be read a little beyond
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    for (u64 frame = 0; frame < before; ++frame)
        if (m_code[frame] != 0)
            std::memcpy(static_cast<u8*>(memory) + frame * (page_size / 8), m_marks.get() + frame * (page_size / 8),
                        page_size / 8);
    m_marks = {static_cast<u8*>(memory), Unmap{size}};
}

/// What `region` replaces of `old`. Firmware and systems move devices, which nobody runs from; a screen's memory is
/// marked where it holds code.
bool PhysicalMap::may_hold_code(const Region& old, const Region& region) const {
    const u64 begin = std::max(old.begin, region.begin), end = std::min(old.end, region.end);
    if (begin >= end || !old.read_host) return false;
    if (!old.dirty || old.read_host != old.write_host) return true;
    for (u64 page = begin / page_size; page < end / page_size; ++page)
        if (has_code(PhysAddr(page * page_size))) return true;
    return false;
}

void PhysicalMap::insert(Region region) {
    ASSERT(region.begin % page_size == 0 && region.end % page_size == 0 && region.begin < region.end);
    std::vector<Region> result;
    bool code_has_gone = false;
    for (const Region& old : m_regions) {
        code_has_gone = code_has_gone || may_hold_code(old, region);
        const auto piece = [&](u64 begin, u64 end) {
            if (begin >= end) return;
            Region part = old;
            const u64 skip = begin - old.begin;
            part.begin = begin;
            part.end = end;
            if (part.read_host) part.read_host += skip;
            if (part.write_host) part.write_host += skip;
            if (part.dirty) part.dirty += skip / page_size;
            result.push_back(part);
        };
        piece(old.begin, std::min(old.end, region.begin));
        piece(std::max(old.begin, region.end), old.end);
    }
    if (region.read_host || region.write_host || region.handler) result.push_back(region);
    std::sort(result.begin(), result.end(), [](const Region& a, const Region& b) { return a.begin < b.begin; });
    m_regions = std::move(result);
    for (u64 page = region.begin / page_size; page < std::min<u64>(region.end / page_size, m_code.size()); ++page)
        if (m_code[page] != 0) { // what has never been written shall not be
            m_code[page] = 0;
            std::memset(m_marks.get() + page * (page_size / 8), 0, page_size / 8);
        }
    for (CodeWriteListener* listener : m_listeners) listener->map_changed(code_has_gone);
}

void PhysicalMap::map_ram(PhysAddr begin, u64 size, u8* host, std::atomic<u8>* dirty) {
    const u64 end = begin.value + size;
    if (m_code.size() < end / page_size) resize_marks(end / page_size);
    insert({begin.value, end, host, host, nullptr, dirty});
}

void PhysicalMap::map_rom(PhysAddr begin, u64 size, const u8* host) {
    insert({begin.value, begin.value + size, host, nullptr, nullptr, nullptr});
}

void PhysicalMap::map_split(PhysAddr begin, u64 size, const u8* read_host, u8* write_host) {
    if (read_host == write_host)
        map_ram(begin, size, write_host);
    else
        insert({begin.value, begin.value + size, read_host, write_host, nullptr, nullptr});
}

void PhysicalMap::map_mmio(PhysAddr begin, u64 size, MmioHandler& handler) {
    insert({begin.value, begin.value + size, nullptr, nullptr, &handler, nullptr});
}

void PhysicalMap::unmap(PhysAddr begin, u64 size) {
    insert({begin.value, begin.value + size, nullptr, nullptr, nullptr, nullptr});
}

const PhysicalMap::Region* PhysicalMap::search(PhysAddr address) const {
    auto it = std::upper_bound(m_regions.begin(), m_regions.end(), address.value,
                               [](u64 value, const Region& region) { return value < region.begin; });
    if (it == m_regions.begin()) return nullptr;
    --it;
    if (address.value >= it->end) return nullptr;
    m_recent = static_cast<std::size_t>(it - m_regions.begin());
    return &*it;
}

Frame PhysicalMap::frame(PhysAddr address) const {
    const Region* region = find(address);
    if (!region) return {};
    const u64 skip = (address.value & ~page_mask) - region->begin;
    Frame frame;
    if (region->read_host) frame.read_host = region->read_host + skip;
    if (region->write_host) frame.write_host = region->write_host + skip;
    frame.handler = region->handler;
    frame.is_ram = region->read_host && region->read_host == region->write_host;
    if (region->dirty) frame.dirty = region->dirty + skip / page_size;
    return frame;
}

void PhysicalMap::read(PhysAddr address, std::span<u8> out) {
    while (!out.empty()) {
        const u64 count = std::min<u64>(out.size(), page_size - address.offset());
        const Frame f = frame(address);
        if (f.read_host)
            std::memcpy(out.data(), f.read_host + address.offset(), count);
        else if (f.handler)
            f.handler->read_range(address, out.first(count));
        else
            std::memset(out.data(), 0xFF, count);
        out = out.subspan(count);
        address = address + count;
    }
}

void PhysicalMap::write(PhysAddr address, std::span<const u8> in) {
    while (!in.empty()) {
        const u64 count = std::min<u64>(in.size(), page_size - address.offset());
        const Frame f = frame(address);
        if (f.write_host) {
            if (f.is_ram && m_table_listener && has_table(address)) m_table_listener->table_write(address, count);
            std::memcpy(f.write_host + address.offset(), in.data(), count);
            if (f.dirty) f.dirty->store(1, std::memory_order_relaxed);
            if (f.is_ram) notify_write(address, count);
        } else if (f.handler) {
            f.handler->write_range(address, in.first(count));
        }
        in = in.subspan(count);
        address = address + count;
    }
}

void PhysicalMap::mark_code(PhysAddr address, u64 size) {
    ASSERT(size != 0 && address.offset() + size <= page_size);
    ASSERT(address.page() < m_code.size(), "code marked outside RAM");
    m_code[address.page()] |= mask_for(address.offset(), size);
    change_bits(m_marks.get(), address.value, address.value + size - 1, true);
}

void PhysicalMap::refresh_code(PhysAddr begin, u64 size) {
    if (begin.page() >= m_code.size() || m_code[begin.page()] == 0) return;
    change_bits(m_marks.get(), begin.value, begin.value + size - 1, false);
    const u64 frame = begin.value & ~page_mask;
    for (u64 i = begin.offset() / granule; i <= (begin.offset() + size - 1) / granule; ++i) {
        std::array<u64, granule / 64> bits;
        std::memcpy(bits.data(), code_marks(PhysAddr(frame + i * granule)), sizeof bits);
        if ((bits[0] | bits[1]) == 0) m_code[begin.page()] &= ~(1u << i);
    }
    for (CodeWriteListener* listener : m_listeners) listener->mark_again(begin, size);
}

void PhysicalMap::notify_write(PhysAddr address, u64 size) {
    if (!has_code(address) || (m_code[address.page()] & mask_for(address.offset(), size)) == 0) return;
    CodeRange gone;
    for (CodeWriteListener* listener : m_listeners) listener->code_written(address, size, gone);
    if (gone.end != 0)
        refresh_code(PhysAddr(gone.begin), gone.end - gone.begin);
    else if (is_marked(address, size)) // for code that has gone by a write elsewhere, to its other page
        refresh_code(address, size);
}

bool PhysicalMap::is_marked(PhysAddr address, u64 size) const {
    for (u64 at = address.value; at < address.value + size; ++at)
        if ((m_marks.get()[at >> 3] >> (at & 7) & 1) != 0) return true;
    return false;
}

} // namespace ringshift
