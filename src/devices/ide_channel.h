// One IDE channel: the command and control blocks (1F0-1F7 and 3F6), two drives on a cable, INTRQ, and the bus-master
// engine. Both drives hear every register write; the selected one answers (ATA-6, 7.1).
#pragma once

#include "devices/bus_master.h"
#include "devices/ide_drive.h"

#include <memory>

namespace ringshift {

class IdeChannel final : private IdeCable {
  public:
    struct State {
        bool slave_selected = false;
        /// Device Control register: HOB 80, SRST 04, nIEN 02.
        u8 control = 0;
        bool line = false;
        void archive(Archive& ar) { ar(slave_selected, control, line); }
    };

    /// `name` is what host errors and timers are called, as "ide0".
    IdeChannel(std::string name, Clock& clock, DmaView& memory, IrqLine& irq, HostErrorSink& host_errors);

    /// Before the guest runs.
    void attach(unsigned unit, std::unique_ptr<IdeDrive> drive);
    IdeDrive* drive(unsigned unit) { return m_drives[unit].get(); }
    const IdeDrive* drive(unsigned unit) const { return m_drives[unit].get(); }

    void reset();

    /// Eight registers; the first is the data port, of any size and in blocks.
    RegisterBlock& command_block() { return m_command_block; }
    /// One register: Alternate Status and Device Control.
    RegisterBlock& control_block() { return m_control_block; }
    u8 read_bus_master(u64 offset) const { return m_bus_master.read(offset); }
    void write_bus_master(u64 offset, u8 value);

    /// Whether the ports answer, and whether the function may master the bus.
    void configure(bool decoded, bool bus_master);

    bool host_failed() const;
    void retry();

    void archive(Archive& ar);

  private:
    class CommandBlock final : public RegisterBlock {
      public:
        explicit CommandBlock(IdeChannel& channel) : m_channel(channel) {}
        u64 read(u64 offset, unsigned size) override;
        void write(u64 offset, unsigned size, u64 value) override;
        u64 block_room(u64 offset, unsigned size) override;
        void read_block(u64 offset, unsigned size, std::span<u8> out) override;
        void write_block(u64 offset, unsigned size, std::span<const u8> in) override;

      private:
        IdeChannel& m_channel;
    };

    u8 read_register(unsigned index);
    void write_register(unsigned index, u8 value);
    u8 read_status(bool acknowledge);
    void write_control(u8 value);
    void execute_command(u8 command);
    void finish_reset();
    void start_dma();
    IdeDrive* selected() { return m_drives[m_s.slave_selected].get(); }
    bool empty() const { return !m_drives[0] && !m_drives[1]; }

    void interrupt_changed() override;
    void arm(unsigned unit, u64 delay_ns) override;
    void cancel(unsigned unit) override;
    bool dma_running(bool to_memory) const override { return m_may_master && m_bus_master.running(to_memory); }
    std::size_t dma(bool to_memory, std::span<u8> data) override {
        return m_may_master ? m_bus_master.transfer(to_memory, data) : 0;
    }
    void host_failed(const Error& error) override;

    std::string m_name;
    Clock& m_clock;
    IrqLine& m_irq;
    HostErrorSink& m_host_errors;
    BusMaster m_bus_master;
    std::array<std::unique_ptr<IdeDrive>, 2> m_drives;
    std::array<TimerId, 2> m_timers{};
    TimerId m_reset_timer = 0;
    CommandBlock m_command_block{*this};
    FunctionRegisters m_control_block;
    // Both follow from configuration space.
    bool m_decoded = true;
    bool m_may_master = true;
    State m_s;
};

} // namespace ringshift
