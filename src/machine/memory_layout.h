// The board's memory: RAM, firmware ROM, the shadow RAM between 768 KiB and 1 MiB, and what PCI base addresses place.
//
//     0         - A0000     RAM
//     A0000     - C0000     VGA
//     C0000     - 100000    ROM or RAM in 13 pieces, as PAM says (E0000 up: the end of the firmware)
//     100000    - RAM end   at most E0000000
//     ROM size below 4 GiB  firmware
//     4 GiB     -           the RAM that did not fit below
#pragma once

#include "mmu/guest_ram.h"
#include "mmu/physical_map.h"

#include <map>
#include <memory>
#include <vector>

namespace ringshift {

/// RAM above this goes above 4 GiB: below are PCI devices, APICs and firmware.
inline constexpr u64 low_memory_limit = 0xE0000000;

class MemoryLayout {
  public:
    using Firmware = std::shared_ptr<const std::vector<u8>>;
    /// `firmware`: a multiple of 64 KiB, at most 16 MiB.
    static Result<std::unique_ptr<MemoryLayout>> create(u64 ram_size, Firmware firmware);

    PhysicalMap& map() { return m_map; }
    GuestRam& ram() { return m_ram; }
    u64 low_ram() const { return std::min(m_ram.size(), low_memory_limit); }
    u64 high_ram() const { return m_ram.size() - low_ram(); }

    /// A piece of C0000h-FFFFFh, as I440fx::PamChanged says.
    void set_shadow(u32 begin, u32 size, bool read_ram, bool write_ram);

    /// Registers in memory space. A later placement covers an earlier one, and RAM if the guest wants it so; release()
    /// brings back what was there. Registers are in one place at a time.
    void place(u64 begin, u64 size, RegisterBlock& registers);
    /// Device memory of whole pages. `dirty`: as PhysicalMap::map_ram.
    void place_memory(u64 begin, u64 size, u8* host, std::atomic<u8>* dirty);
    void release(const RegisterBlock& registers);
    void release_memory(const u8* host);

  private:
    /// Registers at an address, in pages of their own.
    class Window final : public MmioHandler {
      public:
        u64 read(PhysAddr address, unsigned size) override;
        void write(PhysAddr address, unsigned size, u64 value) override;
        bool is_memory() const override { return registers->is_memory(); }
        void read_range(PhysAddr address, std::span<u8> out) override;
        void write_range(PhysAddr address, std::span<const u8> in) override;

        u64 base = 0;
        u64 size = 0;
        RegisterBlock* registers = nullptr;

      private:
        bool contains(PhysAddr address, u64 count) const {
            return address.value >= base && address.value - base < size && count <= size - (address.value - base);
        }
    };
    struct Placement {
        u64 begin;
        u64 end;
        Window* window; ///< or null: memory
        u8* host;
        std::atomic<u8>* dirty;
    };
    struct Shadow {
        u32 size;
        bool read_ram;
        bool write_ram;
    };

    MemoryLayout(GuestRam ram, Firmware firmware);
    void add(Placement placement);
    template <typename Which>
    void remove(Which which);
    void apply(const Placement& placement);
    void apply_shadow(u32 begin, const Shadow& shadow);
    /// What stands in a range without placements.
    void map_base(u64 begin, u64 end);
    const u8* rom_at(u32 address) const;

    GuestRam m_ram;
    Firmware m_firmware;
    PhysicalMap m_map;
    std::map<const RegisterBlock*, Window> m_windows; ///< kept for ever: an access may be under way in one
    std::vector<Placement> m_placements;              ///< in the order of placing
    std::map<u32, Shadow> m_shadow;                   ///< by begin
};

/// Guest memory as bus masters see it.
class PhysicalDma final : public DmaView {
  public:
    explicit PhysicalDma(PhysicalMap& map) : m_map(map) {}
    void read(PhysAddr from, std::span<u8> out) override { m_map.read(from, out); }
    void write(PhysAddr to, std::span<const u8> in) override { m_map.write(to, in); }

  private:
    PhysicalMap& m_map;
};

} // namespace ringshift
