// The PIIX3 IDE function, PCI 8086:7010: two channels at their legacy ports and one bus-master register block in BAR 4
// (PIIX3 datasheet 290550, 2.3 and 2.7).
//
// A channel answers at its ports when I/O space is enabled in the Command register and its IDETIM register (40h, 42h)
// has IDE Decode Enable set; firmware does both.
#pragma once

#include "devices/ata_disk.h"
#include "devices/atapi_cdrom.h"
#include "devices/ide_channel.h"
#include "devices/pci.h"

namespace ringshift {

class Ide final : public Device, public PciFunction {
  public:
    /// Bytes of the bus-master block (BAR 4).
    static constexpr u64 bus_master_size = 16;

    /// `primary` is IRQ 14, `secondary` IRQ 15.
    Ide(Clock& clock, DmaView& memory, IrqLine& primary, IrqLine& secondary, HostErrorSink& host_errors);

    // Before the guest runs. `channel` and `unit` are 0 or 1.
    AtaDisk& attach_disk(unsigned channel, unsigned unit, std::unique_ptr<BlockBackend> backend);
    AtapiCdrom& attach_cdrom(unsigned channel, unsigned unit);

    std::string_view name() const override { return "ide"; }
    void reset() override;
    void archive(Archive& ar) override;

    /// 1F0-1F7 or 170-177.
    RegisterBlock& command_block(unsigned channel) { return m_channels[channel].command_block(); }
    /// 3F6 or 376, one byte.
    RegisterBlock& control_block(unsigned channel) { return m_channels[channel].control_block(); }
    /// The bus-master registers of both channels: what stands behind BAR 4.
    RegisterBlock& bus_master() { return m_bus_master; }

    /// Null if there is no such drive.
    const IdeDrive* drive(unsigned channel, unsigned unit) const { return m_channels[channel].drive(unit); }
    IdeDrive* drive(unsigned channel, unsigned unit) { return m_channels[channel].drive(unit); }

    /// Repeats the requests that the host failed; also right after a snapshot with such a request was loaded.
    void retry();
    bool host_failed() const { return m_channels[0].host_failed() || m_channels[1].host_failed(); }
    /// Sectors moved by all drives since construction: for a front end's lights.
    u64 sectors_read() const;
    u64 sectors_written() const;

  private:
    void config_written(u8 offset, unsigned size) override;
    void apply_config();

    std::array<IdeChannel, 2> m_channels;
    FunctionRegisters m_bus_master;
};

} // namespace ringshift
