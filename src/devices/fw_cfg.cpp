#include "devices/fw_cfg.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

namespace {

// ---- registers ----------------------------------------------------------------------------------------------------

constexpr u16 write_mode = 0x4000; // bit 14 of the selector; nothing here can be written

enum InterfaceBits : u32 { traditional = 1, dma = 2 };

/// The first word of a DMA structure; bits 31-16 are a key.
enum DmaControl : u32 { dma_error = 1, dma_read = 2, dma_skip = 4, dma_select = 8, dma_write = 16 };

constexpr std::string_view dma_signature = "QEMU CFG";

/// Reads past the end of an item give zeros. A transfer that asks for more of them than this (bytes) is refused, or one
/// command would clear all of memory.
constexpr u64 longest_padding = 1u << 20;

constexpr u32 swap32(u64 value) { return __builtin_bswap32(static_cast<u32>(value)); }

void put_big_endian(std::vector<u8>& out, u32 value, unsigned size) {
    for (unsigned i = size; i-- > 0;) out.push_back(static_cast<u8>(value >> (8 * i)));
}

} // namespace

FwCfg::FwCfg(DmaView& memory, HostErrorSink& host_errors)
    : m_memory(memory), m_host_errors(host_errors),
      m_dma_ports([this](u64 offset, unsigned size) { return read_dma(offset, size); },
                  [this](u64 offset, unsigned size, u64 value) { write_dma(offset, size, value); }) {
    add_key(signature, std::vector<u8>{'Q', 'E', 'M', 'U'});
    add_number(interface_id, traditional | dma, 4);
    build_directory();
}

void FwCfg::add_key(u16 key, SharedBytes bytes) {
    ASSERT(bytes.size() <= 0xFFFF'FFFF, "fw_cfg item {:#x}", key);
    m_items[key] = std::move(bytes);
}

void FwCfg::add_number(u16 key, u64 value, unsigned size) {
    std::vector<u8> bytes(size);
    std::memcpy(bytes.data(), &value, size);
    add_key(key, std::move(bytes));
}

void FwCfg::add_file(std::string_view name, std::vector<u8> bytes) {
    ASSERT(!name.empty() && name.size() <= longest_name, "fw_cfg file {}", name);
    const auto [file, added] = m_files.try_emplace(std::string(name), static_cast<u16>(first_file + m_files.size()));
    ASSERT(file->second < write_mode);
    add_key(file->second, std::move(bytes));
    build_directory();
}

/// A count and entries of size, key, two reserved bytes and the name in 56; all big-endian.
void FwCfg::build_directory() {
    std::vector<u8> directory;
    put_big_endian(directory, static_cast<u32>(m_files.size()), 4);
    for (const auto& [name, key] : m_files) {
        put_big_endian(directory, static_cast<u32>(m_items.at(key).size()), 4);
        put_big_endian(directory, key, 2);
        put_big_endian(directory, 0, 2);
        directory.insert(directory.end(), name.begin(), name.end());
        directory.resize(directory.size() + longest_name + 1 - name.size());
    }
    add_key(file_directory, std::move(directory));
}

const SharedBytes* FwCfg::item() const {
    const auto found = m_items.find(m_state.key);
    return found == m_items.end() ? nullptr : &found->second;
}

void FwCfg::select(u16 key) {
    m_state.key = key & static_cast<u16>(~write_mode);
    m_state.offset = 0;
}

/// The next bytes of the selected item, then zeros; the position stops at the end. False if the host failed.
bool FwCfg::take(std::span<u8> out) {
    const SharedBytes* bytes = item();
    const std::size_t left = bytes ? bytes->size() - std::min<std::size_t>(m_state.offset, bytes->size()) : 0;
    const std::size_t count = std::min(left, out.size());
    const Result<> read = count > 0 ? bytes->read(m_state.offset, out.first(count)) : Unit{};
    if (!read.ok()) m_host_errors.host_error(name(), read.error());
    const std::size_t good = read.ok() ? count : 0;
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(good), out.end(), u8{0});
    m_state.offset += static_cast<u32>(count);
    return read.ok();
}

// ---- reset --------------------------------------------------------------------------------------------------------

void FwCfg::reset() { m_state = {}; }

// ---- read ---------------------------------------------------------------------------------------------------------

u64 FwCfg::Ports::read(u64 offset, unsigned size) {
    if (offset != 1 || size != 1) return ~u64{0};
    u8 byte = 0;
    m_owner.take({&byte, 1});
    return byte;
}

void FwCfg::Ports::read_block(u64 offset, unsigned size, std::span<u8> out) {
    if (offset == 1 && size == 1) {
        m_owner.take(out);
    } else {
        RegisterBlock::read_block(offset, size, out);
    }
}

/// The DMA registers read as a signature.
u64 FwCfg::read_dma(u64 offset, unsigned size) const {
    u64 value = 0;
    for (unsigned i = 0; i < size; ++i) {
        const u64 byte = offset + i < dma_signature.size() ? static_cast<u8>(dma_signature[offset + i]) : 0xFF;
        value |= byte << (8 * i);
    }
    return value;
}

// ---- write --------------------------------------------------------------------------------------------------------

void FwCfg::Ports::write(u64 offset, unsigned size, u64 value) {
    if (offset == 0 && size == 2) m_owner.select(static_cast<u16>(value));
}

/// The low half starts the transfer and the address is zero again, so that 32-bit firmware writes the low half only.
void FwCfg::write_dma(u64 offset, unsigned size, u64 value) {
    if (size != 4) return;
    if (offset == 0) m_state.dma_address = static_cast<u64>(swap32(value)) << 32;
    if (offset == 4) {
        const u64 structure = m_state.dma_address | swap32(value);
        m_state.dma_address = 0;
        transfer(structure);
    }
}

/// The structure is control, length and a 64-bit address, all big-endian; control is written back when it is done.
void FwCfg::transfer(u64 structure) {
    std::array<u32, 4> words{};
    m_memory.read(PhysAddr(structure), {reinterpret_cast<u8*>(words.data()), sizeof words});
    const u32 control = swap32(words[0]);
    const u64 length = swap32(words[1]);
    u64 address = static_cast<u64>(swap32(words[2])) << 32 | swap32(words[3]);

    if (control & dma_select) select(static_cast<u16>(control >> 16));
    const SharedBytes* bytes = item();
    const u64 left = bytes ? bytes->size() - std::min<u64>(m_state.offset, bytes->size()) : 0;
    u32 result = 0;
    if (control & dma_read) {
        if (length > left + longest_padding) {
            result = dma_error;
        } else {
            std::array<u8, 65536> buffer;
            for (u64 done = 0; done < length && result == 0;) {
                const std::span<u8> part(buffer.data(), std::min<u64>(buffer.size(), length - done));
                if (!take(part)) result = dma_error;
                m_memory.write(PhysAddr(address), part);
                address += part.size();
                done += part.size();
            }
        }
    } else if (control & dma_write) {
        result = dma_error;
    } else if (control & dma_skip) {
        m_state.offset += static_cast<u32>(std::min(left, length));
    }
    const u32 status = swap32(result);
    m_memory.write(PhysAddr(structure), {reinterpret_cast<const u8*>(&status), sizeof status});
}

// ---- archive ------------------------------------------------------------------------------------------------------

void FwCfg::archive(Archive& ar) { ar(m_state.key, m_state.offset, m_state.dma_address); }

} // namespace ringshift
