#include "machine/port_bus.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

PortBus::PortBus() : m_entries(1) {}

u16 PortBus::add(u16 base, u32 count, unsigned width, RegisterBlock& block, std::string_view name) {
    ASSERT(width == 1 || width == 2 || width == 4, "{}", name);
    const Entry entry{base, count, width, &block, std::string(name)};
    // Entries of released ranges are used again, so that a guest that moves a base address for ever uses no memory.
    for (std::size_t i = 1; i < m_entries.size(); ++i) {
        if (m_entries[i].block == nullptr) {
            m_entries[i] = entry;
            return static_cast<u16>(i);
        }
    }
    m_entries.push_back(entry);
    return static_cast<u16>(m_entries.size() - 1);
}

Result<> PortBus::claim(u16 base, u32 count, unsigned width, RegisterBlock& block, std::string_view name) {
    if (count == 0 || base + count > 65536) return make_error("{}: ports {:#x}+{} do not exist", name, base, count);
    for (u32 port = base; port < base + count; ++port) {
        const Entry& other = m_entries[m_map[port]];
        if (other.block != nullptr) return make_error("{} and {} both claim port {:#x}", name, other.name, port);
    }
    const u16 entry = add(base, count, width, block, name);
    for (u32 port = base; port < base + count; ++port) m_map[port] = entry;
    return Unit{};
}

void PortBus::claim_free(u16 base, u32 count, unsigned width, RegisterBlock& block, std::string_view name) {
    const u16 entry = add(base, count, width, block, name);
    for (u32 port = base; port < std::min<u32>(base + count, 65536); ++port)
        if (m_map[port] == 0) m_map[port] = entry;
}

void PortBus::release(const RegisterBlock& block) {
    for (u32 port = 0; port < 65536; ++port)
        if (m_map[port] != 0 && m_entries[m_map[port]].block == &block) m_map[port] = 0;
    for (Entry& entry : m_entries)
        if (entry.block == &block) entry = Entry{};
}

const PortBus::Entry* PortBus::whole(u16 port, unsigned size) const {
    const Entry& entry = m_entries[m_map[port]];
    if (entry.block == nullptr || size > entry.width || port + size > entry.base + entry.count) return nullptr;
    // The guest may have placed a range across a fixed one: every byte must be this device's.
    for (unsigned i = 1; i < size; ++i)
        if (m_map[port + i] != m_map[port]) return nullptr;
    return &entry;
}

u32 PortBus::read(u16 port, unsigned size) {
    if (const Entry* entry = whole(port, size)) {
        const u32 ones = size == 4 ? ~u32{0} : (u32{1} << (8 * size)) - 1;
        return static_cast<u32>(entry->block->read(port - entry->base, size)) & ones;
    }
    if (size == 1) return 0xFF;
    const unsigned half = size / 2;
    const u32 low = read(port, half);
    return low | read(static_cast<u16>(port + half), half) << (8 * half);
}

void PortBus::write(u16 port, unsigned size, u32 value) {
    if (const Entry* entry = whole(port, size)) {
        entry->block->write(port - entry->base, size, value);
        return;
    }
    if (size == 1) return;
    const unsigned half = size / 2;
    write(port, half, half == 2 ? value & 0xFFFF : value & 0xFF);
    write(static_cast<u16>(port + half), half, value >> (8 * half));
}

u64 PortBus::block_room(u16 port, unsigned size) {
    const Entry* entry = whole(port, size);
    return entry ? entry->block->block_room(port - entry->base, size) : 0;
}

void PortBus::read_block(u16 port, unsigned size, std::span<u8> bytes) {
    if (const Entry* entry = whole(port, size)) {
        entry->block->read_block(port - entry->base, size, bytes);
        return;
    }
    for (std::size_t i = 0; i + size <= bytes.size(); i += size) {
        const u32 value = read(port, size);
        std::memcpy(bytes.data() + i, &value, size);
    }
}

void PortBus::write_block(u16 port, unsigned size, std::span<const u8> bytes) {
    if (const Entry* entry = whole(port, size)) {
        entry->block->write_block(port - entry->base, size, bytes);
        return;
    }
    for (std::size_t i = 0; i + size <= bytes.size(); i += size) {
        u32 value = 0;
        std::memcpy(&value, bytes.data() + i, size);
        write(port, size, value);
    }
}

} // namespace ringshift
