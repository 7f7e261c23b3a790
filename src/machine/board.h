// The board: every part of the PC, and the wires between them. It knows no front end and does not run anything.
#pragma once

#include "cpu/cpu.h"
#include "devices/chipset.h"
#include "devices/debug_console.h"
#include "devices/debug_exit.h"
#include "devices/dma8237.h"
#include "devices/floppy.h"
#include "devices/fw_cfg.h"
#include "devices/i8042.h"
#include "devices/ide.h"
#include "devices/io_apic.h"
#include "devices/local_apic.h"
#include "devices/network_card.h"
#include "devices/pic.h"
#include "devices/piix4_pm.h"
#include "devices/pit.h"
#include "devices/port92.h"
#include "devices/post_code.h"
#include "devices/reset_control.h"
#include "devices/rtc.h"
#include "devices/sb16.h"
#include "devices/screen.h"
#include "devices/uart.h"
#include "devices/uhci.h"
#include "devices/usb_tablet.h"
#include "devices/vga.h"
#include "machine/boot_blobs.h"
#include "machine/config.h"
#include "machine/disk_image.h"
#include "machine/memory_layout.h"
#include "machine/port_bus.h"
#include "machine/saved_state.h"
#include "machine/timeline.h"
#include "machine/wires.h"

#include <array>
#include <memory>

namespace ringshift {

/// What happens to the board that is the machine's business. Called in the middle of an instruction.
struct BoardEvents {
    std::function<void()> reset;
    std::function<void()> power_off;
    std::function<void(int status)> debug_exit;
    std::function<void(std::string message)> host_error;
    std::function<void(unsigned port, u8 byte)> serial_output;
    std::function<void(u8 byte)> debug_output;
    std::function<void(std::span<const u8> frame)> frame_sent; ///< by the network card
    std::function<void()> card_ready;                          ///< it has room for frames again
};

class Board final : public Platform, private PciMapper, private HostErrorSink {
  public:
    static Result<std::unique_ptr<Board>> create(const MachineConfig& config, BoardContent content, BoardEvents events);
    ~Board() override;

    /// RESET# on the whole board: RAM stays.
    void reset();
    /// Names the parts that a snapshot holds, in the order in which they are loaded; RAM is apart.
    void
    for_each_part(const std::function<void(std::string_view tag, const std::function<void(Archive&)>& archive)>& visit);
    /// What the host failed is tried again.
    void retry_host_requests();
    /// All disks: what the guest wrote is in the files.
    Result<> flush_disks();
    /// How often disks, CDs and floppies were used.
    u64 disk_uses() const { return m_disk_uses; }
    /// Images that the guest can write to, and that keep it.
    std::vector<std::string> written_images() const;
    /// DiskImage::keep_state() and the like, of all of them.
    Result<> keep_disks(const SnapshotAbout& about);
    Result<> take_disks_back(const std::string& id);
    Result<> forget_disks(const std::string& id);
    /// DiskImage::set_locked() of all.
    Result<> lock_disks(bool locked);
    void press_power_button();
    enum class Medium { cdrom, floppy };
    Result<> change_medium(Medium kind, unsigned number, const std::string& path);
    bool cdrom_locked(unsigned number) const { return number < m_cdroms.size() && m_cdroms[number]->locked(); }
    const Picture& capture_picture();
    std::optional<TextScreen> capture_text();

    // Platform
    u32 in(u16 port, unsigned size) override {
        m_timeline.look_at_clock();
        return m_ports.read(port, size);
    }
    void out(u16 port, unsigned size, u32 value) override {
        m_timeline.look_at_clock();
        m_ports.write(port, size, value);
    }
    u64 block_room(u16 port, unsigned size) override { return m_ports.block_room(port, size); }
    void in_block(u16 port, unsigned size, std::span<u8> bytes) override {
        m_timeline.look_at_clock();
        m_ports.read_block(port, size, bytes);
    }
    void out_block(u16 port, unsigned size, std::span<const u8> bytes) override {
        m_timeline.look_at_clock();
        m_ports.write_block(port, size, bytes);
    }
    u8 acknowledge_interrupt() override;
    u64 timestamp() override { return ticks_at(m_timeline.now(), timestamp_hz()); }
    u64 timestamp_hz() const override { return 1'000'000'000; }
    u64 bus_hz() const override { return LocalApic::bus_hz; }
    void set_ferr(bool level) override { m_numeric_error.set_ferr(level); }
    bool ignne() override { return m_numeric_error.ignne(); }
    u64 read_apic_base() override;
    bool write_apic_base(u64 value) override;

    MemoryLayout& memory() { return *m_memory; }
    Cpu& cpu() { return m_cpu; }
    Timeline& timeline() { return m_timeline; }
    I8042& keyboard() { return m_i8042; }
    Uart& uart(unsigned port) { return port == 0 ? m_uart0 : m_uart1; }
    Rtc& rtc() { return m_rtc; }
    Pit& pit() { return m_pit; }
    /// Null: there is none.
    NetworkCard* network_card() { return m_network_card.get(); }
    /// Null: there is none.
    Sb16* sound_card() { return m_sound_card.get(); }
    /// Null: there is none.
    UsbTablet* tablet() { return m_tablet.get(); }
    /// What the clock chip showed at power-on, seconds since 1970 UTC.
    i64 clock_start() const { return m_clock_start; }

  private:
    Board(const MachineConfig& config, const BoardContent& content, BoardEvents events, CpuModel model,
          std::unique_ptr<MemoryLayout> memory, GuestRam video_memory);
    Result<> attach_drives();
    Result<std::unique_ptr<DiskImage>> open_image(const std::string& path, DiskImageOptions options);
    Result<> attach_network_card();
    void attach_usb();
    Result<> attach_sound_card();
    Result<> insert_floppy(unsigned number, const DriveConfig& drive);

    // PciMapper
    void map(PciFunction& function, unsigned index, BarKind kind, u64 address, u64 size) override;
    void unmap(PciFunction& function, unsigned index) override;
    // HostErrorSink
    void host_error(std::string_view device, const Error& error) override;

    Result<> wire_ports();
    void place_local_apic();
    bool has_apic() const { return m_model.has(Feature::apic); }
    void set_a20(bool enabled);
    void sleep(u8 type);
    void set_intr(bool level);
    IrqLine& irq(unsigned n) { return m_isa_wires[n].add_driver(); }

    struct SerialSink final : ByteSink {
        SerialSink(Board& owner, unsigned number) : board(owner), port(number) {}
        void put(u8 byte) override {
            if (board.m_events.serial_output) board.m_events.serial_output(port, byte);
        }
        Board& board;
        unsigned port;
    };
    struct DebugSink final : ByteSink {
        explicit DebugSink(Board& owner) : board(owner) {}
        void put(u8 byte) override {
            if (board.m_events.debug_output) board.m_events.debug_output(byte);
        }
        Board& board;
    };

    struct FrameSink final : PacketSink {
        explicit FrameSink(Board& owner) : board(owner) {}
        void send(std::span<const u8> frame) override {
            if (board.m_events.frame_sent) board.m_events.frame_sent(frame);
        }
        void ready() override {
            if (board.m_events.card_ready) board.m_events.card_ready();
        }
        Board& board;
    };

    /// Pages of video memory that were written through the linear framebuffer.
    class VideoPages final : public DirtyPages {
      public:
        VideoPages(Board& board, std::size_t count) : m_board(board), m_written(count) {}
        void collect(std::span<u64> bitmap) override;
        std::atomic<u8>* bytes() { return m_written.data(); }
        std::optional<u64> address; ///< of the framebuffer, while it is mapped

      private:
        Board& m_board;
        std::vector<std::atomic<u8>> m_written;
    };

    const MachineConfig& m_config;
    const i64 m_clock_start;
    BoardEvents m_events;
    CpuModel m_model;
    std::unique_ptr<MemoryLayout> m_memory;
    Cpu m_cpu;
    Timeline m_timeline;
    PortBus m_ports;
    PhysicalDma m_dma;

    FunctionLine m_intr;
    SystemApicBus m_apic_bus;
    LocalApic m_local_apic;
    IoApic m_io_apic;
    Pic m_pic;
    std::array<SharedWire, 16> m_isa_wires;
    NumericErrorLatch m_numeric_error;

    Pit m_pit;
    Rtc m_rtc;
    I8042 m_i8042;
    Port92 m_port92;
    SerialSink m_serial_sink0, m_serial_sink1;
    Uart m_uart0, m_uart1;
    DebugSink m_debug_sink;
    DebugConsole m_debug_console;
    DebugExit m_debug_exit;
    PostCode m_post_code, m_delay_port;
    ResetControl m_reset_control;
    PciBus m_pci;
    I440fx m_i440fx;
    Piix3 m_piix3;
    Ide m_ide;
    Dma8237 m_isa_dma;
    FunctionRegisters m_dma_pages; ///< port 80 is the POST code's
    Floppy m_floppy;
    FunctionRegisters m_floppy_direction; ///< port 3F7; 3F6 is the IDE controller's
    Piix4Pm m_pm;
    GuestRam m_video_memory;
    VideoPages m_video_pages;
    Vga m_vga;
    Picture m_picture; ///< as rendered last
    FwCfg m_fw_cfg;
    FrameSink m_frame_sink;
    std::unique_ptr<NetworkCard> m_network_card;
    std::unique_ptr<UsbTablet> m_tablet;
    std::unique_ptr<Sb16> m_sound_card;
    std::unique_ptr<Uhci> m_uhci; ///< null: there is no USB

    u64 m_disk_uses = 0; ///< before the images, which count here
    std::vector<AtapiCdrom*> m_cdroms;
    std::vector<DiskImage*> images() const;
    std::vector<DiskImage*> m_disk_images;   ///< of hard disks; the drives own them
    std::vector<DiskImage*> m_floppy_images; ///< by drive, null without a medium; the drives own them

    std::vector<Device*> m_devices; ///< in the order of reset: the PIC first, it forgets its inputs
};

} // namespace ringshift
