// The guest physical address space: what stands behind each 4 KiB frame, and which frames hold code.
//
// Frames are RAM (read and written directly), ROM (read directly, writes swallowed), split (PAM shadowing: read from
// one place, written to another) or MMIO (a handler). What is mapped nowhere reads as ones and swallows writes.
//
// Frames that hold decoded or translated code are marked twice: by a 32-bit mask, one bit for each 128 bytes, and byte
// by byte. Every store to a frame with code, by the CPU or by DMA, goes through write() here, which tells the
// CodeWriteListener when marked bytes are hit; or it looks at the marks by itself first (Mmu::write_beside_code).
#pragma once

#include "base/device.h"
#include "base/types.h"
#include "base/zeroed_table.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ringshift {

/// A device's registers in memory space. `size` is 1, 2, 4 or 8; an access never crosses a page.
class MmioHandler {
  public:
    virtual ~MmioHandler() = default;
    virtual u64 read(PhysAddr address, unsigned size) = 0;
    virtual void write(PhysAddr address, unsigned size, u64 value) = 0;
    /// Consecutive bytes mean the same in accesses of any size, as in video memory: string moves may be joined.
    virtual bool is_memory() const { return false; }
    /// DMA, and string moves to what is_memory(); within one page.
    virtual void read_range(PhysAddr address, std::span<u8> out) = 0;
    virtual void write_range(PhysAddr address, std::span<const u8> in) = 0;
};

/// A part of a frame: [begin, end), empty at first.
struct CodeRange {
    u64 begin = ~u64{0};
    u64 end = 0;
    void add(PhysAddr start, u64 size) {
        begin = std::min(begin, start.value);
        end = std::max(end, start.value + size);
    }
};

/// One who marks code and is told when it changes. The bytes are already written.
class CodeWriteListener {
  public:
    virtual ~CodeWriteListener() = default;
    /// Marked bytes were written. Bytes whose marks may have become superfluous by that are added to `gone`.
    virtual void code_written(PhysAddr address, u64 size, CodeRange& gone) = 0;
    /// The marks of a part of a frame were taken away: mark again what is still there (more does no harm).
    virtual void mark_again(PhysAddr begin, u64 size) = 0;
    /// The physical map itself changed. `code_has_gone`: nothing decoded from anywhere may be used again; else there
    /// was no code where it changed.
    virtual void map_changed(bool code_has_gone) = 0;
};

/// One who has cached translations and is told before a frame changes that he said holds page tables.
class TableWriteListener {
  public:
    virtual ~TableWriteListener() = default;
    /// `size` bytes are about to be written, within one frame.
    virtual void table_write(PhysAddr address, u64 size) = 0;
};

/// What stands behind one frame.
struct Frame {
    const u8* read_host = nullptr; ///< start of the frame in host memory, or null: MMIO or nothing
    u8* write_host = nullptr;      ///< null: MMIO, ROM or nothing
    MmioHandler* handler = nullptr;
    bool is_ram = false;              ///< read and write are the same memory, and code in it is tracked
    std::atomic<u8>* dirty = nullptr; ///< set to 1 on a write, if someone wants to know (video memory)
};

/// Host memory that is mapped from a file, so that it can be mapped elsewhere as well.
struct SharedMemory {
    const u8* host = nullptr;
    u64 size = 0; ///< bytes, a multiple of 4 KiB
    int fd = -1;  ///< the file, from its beginning
};

class PhysicalMap {
  public:
    /// Some of what is or will be mapped as RAM lies here. For memory windows; memory that nobody shares cannot be in
    /// one.
    void share(SharedMemory memory) { m_shared.push_back(memory); }
    const std::vector<SharedMemory>& shared() const { return m_shared; }

    /// Addresses and sizes are multiples of 4 KiB; a later mapping covers an earlier one where they overlap.
    /// `dirty`, if given, has one byte for each page, set by every write; whoever clears bytes calls
    /// Mmu::drop_write_tags().
    void map_ram(PhysAddr begin, u64 size, u8* host, std::atomic<u8>* dirty = nullptr);
    void map_rom(PhysAddr begin, u64 size, const u8* host);
    void map_split(PhysAddr begin, u64 size, const u8* read_host, u8* write_host);
    void map_mmio(PhysAddr begin, u64 size, MmioHandler& handler);
    void unmap(PhysAddr begin, u64 size);

    Frame frame(PhysAddr address) const;

    /// Any range, any kind of memory. Writes to RAM tell the listener about code; ROM swallows them.
    void read(PhysAddr address, std::span<u8> out);
    void write(PhysAddr address, std::span<const u8> in);
    template <typename T>
    T read_value(PhysAddr address);
    template <typename T>
    void write_value(PhysAddr address, T value);

    void add_listener(CodeWriteListener& listener) { m_listeners.push_back(&listener); }
    void remove_listener(CodeWriteListener& listener) { std::erase(m_listeners, &listener); }
    /// Marks bytes of a RAM frame as code: [address, address + size), within the frame.
    void mark_code(PhysAddr address, u64 size);
    /// Forgets the marks of a part of a frame, then asks every listener for its own. To be called when code in it is
    /// dropped.
    void refresh_code(PhysAddr begin, u64 size);
    void refresh_code(PhysAddr frame) { refresh_code(PhysAddr(frame.value & ~page_mask), page_size); }
    /// One bit for each byte: the byte that holds the bit of `address`. At least 4 bytes may be read from there.
    const u8* code_marks(PhysAddr address) const { return m_marks.get() + (address.value >> 3); }
    /// Somebody may write the frame without a look at its marks: whoever marks the first code in it has to stop them.
    bool is_open(PhysAddr address) const { return (m_uses[address.page()] & open_use) != 0; }
    void set_open(PhysAddr address, bool open) { set_use(address, open_use, open); }
    bool has_code(PhysAddr address) const {
        const u64 page = address.page();
        return page < m_code.size() && m_code[page] != 0;
    }
    /// Page tables: whether writes to a frame of RAM are of interest to the listener.
    void set_table_listener(TableWriteListener* listener) { m_table_listener = listener; }
    void set_table(PhysAddr frame, bool on) { set_use(frame, table_use, on); }
    bool has_table(PhysAddr address) const {
        const u64 page = address.page();
        return page < m_uses.size() && (m_uses[page] & table_use) != 0;
    }
    /// Sets bits in a page table entry, which makes no translation wrong.
    template <typename T>
    void set_in_table(PhysAddr address, T entry);

    /// To be called after bytes of a frame with code have been written by other means than write().
    void notify_write(PhysAddr address, u64 size);

  private:
    struct Region {
        u64 begin;
        u64 end; ///< exclusive
        const u8* read_host;
        u8* write_host;
        MmioHandler* handler;
        std::atomic<u8>* dirty;
    };
    bool may_hold_code(const Region& old, const Region& region) const;
    void insert(Region region);
    void resize_marks(u64 frames);
    /// Any of these bytes of RAM, within a frame.
    bool is_marked(PhysAddr address, u64 size) const;
    const Region* find(PhysAddr address) const {
        if (m_recent < m_regions.size()) [[likely]] {
            const Region& region = m_regions[m_recent];
            if (address.value - region.begin < region.end - region.begin) [[likely]]
                return &region;
        }
        return search(address);
    }
    const Region* search(PhysAddr address) const;

    std::vector<Region> m_regions;    ///< sorted, disjoint
    mutable std::size_t m_recent = 0; ///< the region that was asked for last
    ZeroedTable<u32> m_code;          ///< by frame number
    enum Use : u8 { open_use = 1, table_use = 2 };
    ZeroedTable<u8> m_uses; ///< by frame number, of Use
    void set_use(PhysAddr frame, Use use, bool on) {
        u8& uses = m_uses[frame.page()];
        uses = static_cast<u8>(on ? uses | use : uses & ~use);
    }
    struct Unmap {
        u64 size;
        void operator()(u8* memory) const;
    };
    std::unique_ptr<u8, Unmap> m_marks{nullptr,
                                       Unmap{0}}; ///< for each byte of every frame; what is not marked takes no memory
    std::vector<CodeWriteListener*> m_listeners;
    TableWriteListener* m_table_listener = nullptr;
    std::vector<SharedMemory> m_shared;
};

template <typename T>
T PhysicalMap::read_value(PhysAddr address) {
    T value{};
    const Region* region = find(address);
    if (region && region->read_host && address.offset() <= page_size - sizeof value) [[likely]]
        std::memcpy(&value, region->read_host + (address.value - region->begin), sizeof value);
    else
        read(address, {reinterpret_cast<u8*>(&value), sizeof value});
    return value;
}

template <typename T>
void PhysicalMap::write_value(PhysAddr address, T value) {
    write(address, {reinterpret_cast<const u8*>(&value), sizeof value});
}

template <typename T>
void PhysicalMap::set_in_table(PhysAddr address, T entry) {
    TableWriteListener* listener = std::exchange(m_table_listener, nullptr);
    write_value<T>(address, entry);
    m_table_listener = listener;
}

} // namespace ringshift
