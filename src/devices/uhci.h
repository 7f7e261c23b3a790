// The PIIX3's USB host controller, PCI 8086:7020: two ports (Universal Host Controller Interface Design Guide 1.1;
// PIIX3 datasheet 290550, 2.8). See the essay in uhci.cpp.
#pragma once

#include "devices/pci.h"
#include "devices/usb_device.h"

namespace ringshift {

class Uhci final : public Device, public PciFunction {
  public:
    static constexpr unsigned register_bar = 4;
    /// Bytes of register space behind the BAR.
    static constexpr u64 register_count = 32;
    static constexpr unsigned port_count = 2;

    Uhci(Clock& clock, DmaView& memory);

    /// Before the guest runs; `device` outlives the controller and archives itself.
    void attach(unsigned port, UsbDevice& device);
    RegisterBlock& registers() { return m_registers; }

    std::string_view name() const override { return "uhci"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    struct Transfer;
    enum class Outcome { next, completed, stuck };

    u16 read_word(u64 offset) const;
    void write_word(u64 offset, u16 value, u16 mask);
    u64 read(u64 offset, unsigned size);
    void write(u64 offset, unsigned size, u64 value);
    void write_command(u16 value);
    void write_port(unsigned port, u16 value, u16 mask);
    void reset_host(bool bus_too);
    bool devices_show() const;
    void config_written(u8 offset, unsigned size) override;

    bool running() const { return m_s.command & 1; }
    void run(u64 late_ns);
    void arm();
    /// Somebody has got something to do for the schedule.
    void hurry();
    bool run_frame();
    Outcome execute(u32 address, bool& active);
    void finish(Transfer& transfer, u32 status_bits);
    std::optional<UsbPacket> transact(const Transfer& transfer);
    UsbDevice* device_at(u8 address);
    u16 frame_now() const;
    void stop();
    void update_interrupt();
    u32 fetch(u32 address);

    Clock& m_clock;
    DmaView& m_memory;
    TimerId m_timer;
    FunctionRegisters m_registers;
    std::array<UsbDevice*, port_count> m_devices{};

    struct State {
        u16 command = 0;
        u16 status = 0x20;
        u16 interrupt_enable = 0;
        u16 frame = 0; ///< of the frame that begins at next_frame
        u32 frame_list = 0;
        u8 sof_timing = 0x40;
        bool completion = false; ///< this and the next: causes of the status register's interrupt bit
        bool short_packet = false;
        std::array<u16, port_count> ports{};
        u64 next_frame = 0;   ///< ns; 0 when stopped
        u32 quiet_frames = 0; ///< in a row in which nothing was moved
    } m_s;
};

} // namespace ringshift
