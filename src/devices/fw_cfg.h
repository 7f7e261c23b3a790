// QEMU's firmware configuration device: named and numbered blobs that firmware and option ROMs read through two ports
// or by DMA (docs/specs/fw_cfg in QEMU).
#pragma once

#include "base/device.h"
#include "base/shared_bytes.h"

#include <array>
#include <map>
#include <vector>

namespace ringshift {

/// An item that the host cannot read any more gives zeros, and an error by DMA.
///
/// The contents are the machine's configuration, not state: whoever loads an archive first adds the same items, in the
/// same order.
class FwCfg final : public Device {
  public:
    /// Keys of items without a name. Numbers are little-endian.
    enum Key : u16 {
        signature = 0x00,
        interface_id = 0x01,
        uuid = 0x02,
        ram_size = 0x03, ///< 8 bytes
        no_graphic = 0x04,
        cpu_count = 0x05, ///< 2 bytes
        kernel_address = 0x07,
        kernel_size = 0x08,
        initrd_address = 0x0A,
        initrd_size = 0x0B,
        numa = 0x0D,
        boot_menu = 0x0E,     ///< 2 bytes
        max_cpu_count = 0x0F, ///< 2 bytes: highest APIC identifier + 1
        kernel_entry = 0x10,
        kernel_data = 0x11,
        initrd_data = 0x12,
        command_line_address = 0x13,
        command_line_size = 0x14,
        command_line_data = 0x15,
        setup_address = 0x16,
        setup_size = 0x17,
        setup_data = 0x18,
        file_directory = 0x19,
        first_file = 0x20,
        acpi_tables = 0x8000,
        irq0_override = 0x8002, ///< 1 byte: 1, ISA interrupt 0 is input 2 of the IO-APIC
    };
    /// Of a file's name, without the terminating zero.
    static constexpr std::size_t longest_name = 55;

    FwCfg(DmaView& memory, HostErrorSink& host_errors);

    /// Before the machine starts. The signature, the interface identifier and the directory are there already.
    void add_key(u16 key, SharedBytes bytes);
    void add_number(u16 key, u64 value, unsigned size);
    /// A second file of the same name replaces the first.
    void add_file(std::string_view name, std::vector<u8> bytes);

    RegisterBlock& ports() { return m_ports; }         ///< 510-511: selector (16 bits), data (8 bits)
    RegisterBlock& dma_ports() { return m_dma_ports; } ///< 514-51B: address of a DMA structure, two big-endian halves

    std::string_view name() const override { return "fw_cfg"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    class Ports final : public RegisterBlock {
      public:
        explicit Ports(FwCfg& owner) : m_owner(owner) {}
        u64 read(u64 offset, unsigned size) override;
        void write(u64 offset, unsigned size, u64 value) override;
        u64 block_room(u64 offset, unsigned size) override { return offset == 1 && size == 1 ? ~u64{0} : 0; }
        void read_block(u64 offset, unsigned size, std::span<u8> out) override;

      private:
        FwCfg& m_owner;
    };

    void build_directory();
    const SharedBytes* item() const;
    void select(u16 key);
    bool take(std::span<u8> out);
    u64 read_dma(u64 offset, unsigned size) const;
    void write_dma(u64 offset, unsigned size, u64 value);
    void transfer(u64 structure);

    DmaView& m_memory;
    HostErrorSink& m_host_errors;
    std::map<u16, SharedBytes> m_items;
    std::map<std::string, u16, std::less<>> m_files; ///< in the order of the directory
    Ports m_ports{*this};
    FunctionRegisters m_dma_ports;
    struct State {
        u16 key = 0;
        u32 offset = 0;
        u64 dma_address = 0;
    } m_state;
};

} // namespace ringshift
