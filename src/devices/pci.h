// The PCI bus: configuration mechanism #1, configuration spaces with base address registers, interrupt routing
// (PCI Local Bus Specification 2.1, chapter 6; 3.2.2.3.2).
//
// A PciFunction owns its 256 bytes of configuration space. Base address registers (BARs) describe themselves; when the
// guest moves, enables or disables one, the bus asks the PciMapper (the machine) to map what stands behind it.
#pragma once

#include "base/device.h"

#include <array>
#include <map>

namespace ringshift {

class PciFunction;

enum class BarKind : u8 { none, io, memory, prefetchable_memory };

/// Puts the registers or memory behind a BAR into port or memory space. `index` 0-5, 6: the expansion ROM.
class PciMapper {
  public:
    virtual ~PciMapper() = default;
    virtual void map(PciFunction& function, unsigned index, BarKind kind, u64 address, u64 size) = 0;
    virtual void unmap(PciFunction& function, unsigned index) = 0;
};

/// Where INTx# wires end: the interrupt router of the south bridge. `pirq` 0-3: PIRQA# to PIRQD#.
class PciInterruptRouter {
  public:
    virtual ~PciInterruptRouter() = default;
    virtual void set_pirq(unsigned pirq, bool level) = 0;
};

class PciFunction {
  public:
    struct Identity {
        u16 vendor = 0xFFFF;
        u16 device = 0xFFFF;
        u32 class_code = 0; ///< base class, sub-class, interface: 24 bits
        u8 revision = 0;
        bool multifunction = false;
        u8 interrupt_pin = 0; ///< 1: INTA#
        u16 subsystem_vendor = 0;
        u16 subsystem = 0;
    };
    static constexpr unsigned rom_index = 6;

    explicit PciFunction(const Identity& identity);
    virtual ~PciFunction() = default;
    PciFunction(const PciFunction&) = delete;
    PciFunction& operator=(const PciFunction&) = delete;

    /// `offset` is a multiple of `size` (1, 2 or 4).
    virtual u32 config_read(u8 offset, unsigned size);
    void config_write(u8 offset, unsigned size, u32 value);

    /// The interrupt pin's level; the bus must have been told about the function.
    void set_interrupt(bool level);

    struct Mapping {
        bool enabled = false;
        u64 address = 0;
        u64 size = 0;
        BarKind kind = BarKind::none;
    };
    Mapping mapping(unsigned index) const;

  protected:
    /// In the constructor: a BAR of `size` bytes (a power of two; I/O at least 4, memory at least 16, ROM at least 2
    /// KiB).
    void add_bar(unsigned index, BarKind kind, u32 size);
    /// In the constructor: a register's value after reset and its writable bits.
    void define(u8 offset, unsigned size, u32 value, u32 writable);
    /// Bits that a write of one clears.
    void define_write_clear(u8 offset, unsigned size, u32 bits);
    u8 config_byte(u8 offset) const { return m_config[offset]; }
    u32 config_value(u8 offset, unsigned size) const;
    /// Sets bytes whatever their writable bits are.
    void set_config(u8 offset, unsigned size, u32 value);
    bool bus_master_enabled() const { return m_config[4] & 4; }
    /// After a guest write to configuration space took effect.
    virtual void config_written(u8 /*offset*/, unsigned /*size*/) {}

    /// To be called by the device's own reset() and archive().
    void reset_config();
    void archive_config(Archive& ar);

  private:
    friend class PciBus;
    void update_mappings();

    std::array<u8, 256> m_config{};
    std::array<u8, 256> m_initial{};
    std::array<u8, 256> m_writable{};
    std::array<u8, 256> m_write_clear{};
    struct Bar {
        BarKind kind = BarKind::none;
        u32 size = 0;
    };
    std::array<Bar, 7> m_bars{};
    std::array<Mapping, 7> m_mapped{};
    bool m_interrupt = false;
    class PciBus* m_bus = nullptr;
    u8 m_slot = 0;
};

class PciBus final : public Device {
  public:
    /// `reset_control`: what byte accesses to CF9 reach, or null.
    PciBus(PciMapper& mapper, RegisterBlock* reset_control);

    /// `function` outlives the bus. Device 0-31, function 0-7.
    void add(unsigned device, unsigned function_number, PciFunction& function);
    void set_router(PciInterruptRouter& router) { m_router = &router; }

    RegisterBlock& ports() { return m_ports; } ///< CF8-CFF

    std::string_view name() const override { return "pci"; }
    void reset() override;
    /// Archives the bus; the functions archive their own configuration spaces.
    void archive(Archive& ar) override;

  private:
    friend class PciFunction;
    PciFunction* selected();
    u64 read(u64 offset, unsigned size);
    void write(u64 offset, unsigned size, u64 value);
    void interrupt_changed();

    PciMapper& m_mapper;
    RegisterBlock* m_reset_control;
    PciInterruptRouter* m_router = nullptr;
    FunctionRegisters m_ports;
    std::map<u8, PciFunction*> m_functions; ///< by device * 8 + function
    struct State {
        u32 address = 0; ///< CONFIG_ADDRESS
    } m_state;
};

} // namespace ringshift
