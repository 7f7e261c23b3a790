#include "machine/board.h"

#include "base/log.h"
#include "devices/e1000.h"
#include "devices/ne2000.h"
#include "machine/counted_image.h"
#include "machine/firmware_config.h"
#include "machine/going_back.h"
#include "machine/memory_medium.h"

#include <ctime>

namespace ringshift {

namespace {

/// 2000-01-01, so that deterministic runs begin alike.
constexpr i64 fixed_clock_start = 946684800;

constexpr unsigned ide_bus_master_bar = 4;
constexpr u64 video_memory_size = 16u << 20;
/// No other device of this board has either; the PCI slot is QEMU's, which some systems remember a card by.
constexpr u16 sound_port = 0x220, music_port = 0x388;
constexpr u16 ne2000_port = 0x300;
constexpr unsigned ne2000_irq = 10, network_slot = 3;
/// Locally administered; every guest has a network to itself, so all may have the same.
constexpr MacAddress mac_address = {0x52, 0x53, 0x00, 0x12, 0x34, 0x56};
constexpr u64 vga_window = 0xA0000, vga_window_size = 0x20000, io_apic_address = 0xFEC00000;

i64 chosen_clock_start(const MachineConfig& config) {
    if (config.clock_start) return *config.clock_start;
    return config.deterministic ? fixed_clock_start : static_cast<i64>(std::time(nullptr));
}

Timeline::Mode timeline_mode(const MachineConfig& config) {
    return config.deterministic ? Timeline::Mode::deterministic : Timeline::Mode::paced;
}

} // namespace

Result<std::unique_ptr<Board>> Board::create(const MachineConfig& config, BoardContent content, BoardEvents events) {
    CpuModel model = TRY(CpuModel::by_name(config.cpu));
    auto memory = TRY(MemoryLayout::create(config.memory_size, content.system_firmware));
    std::unique_ptr<Board> board(new Board(config, content, std::move(events), std::move(model), std::move(memory),
                                           TRY(GuestRam::create(video_memory_size))));
    TRY(board->wire_ports());
    TRY(board->attach_network_card());
    if (config.tablet) board->attach_usb();
    if (config.sound == "sb16") TRY(board->attach_sound_card());
    TRY(board->attach_drives());
    const FirmwareFacts facts{board->m_memory->low_ram(), board->m_memory->high_ram(), board->has_apic()};
    configure_firmware(board->m_fw_cfg, config, facts, content);
    configure_cmos(board->m_rtc, config, facts);
    board->reset();
    return board;
}

// ---- Parts and wires -----------------------------------------------------------------------------------------------

Board::Board(const MachineConfig& config, const BoardContent& content, BoardEvents events, CpuModel model,
             std::unique_ptr<MemoryLayout> memory, GuestRam video_memory)
    : m_config(config), m_clock_start(chosen_clock_start(config)), m_events(std::move(events)),
      m_model(std::move(model)), m_memory(std::move(memory)), m_cpu(m_model, m_memory->map(), *this),
      m_timeline(timeline_mode(config), config.ns_per_instruction, m_cpu.state,
                 [this] {
                     m_cpu.raise_attention(attention::stop);
                     m_cpu.end_block();
                 }),
      m_dma(m_memory->map()), m_intr([this](bool level) { set_intr(level); }),
      m_local_apic("lapic0", 0, true, m_timeline, m_apic_bus,
                   {m_intr,
                    [this] {
                        m_cpu.raise_attention(attention::nmi);
                        m_cpu.end_block();
                    },
                    [this] { m_events.reset(); }, [](u8) {}}),
      m_io_apic(m_apic_bus), m_pic(has_apic() ? m_local_apic.lint0() : m_intr), m_numeric_error(irq(13)),
      m_pit(m_timeline, irq(0)), m_rtc(m_timeline, irq(8), m_clock_start),
      m_i8042(m_timeline, {irq(1), irq(12), [this](bool enabled) { set_a20(enabled); }, [this] { m_events.reset(); }}),
      m_port92([this](bool enabled) { set_a20(enabled); }, [this] { m_events.reset(); }), m_serial_sink0(*this, 0),
      m_serial_sink1(*this, 1), m_uart0("uart0", m_timeline, irq(4), m_serial_sink0),
      m_uart1("uart1", m_timeline, irq(3), m_serial_sink1), m_debug_sink(*this), m_debug_console(m_debug_sink),
      m_debug_exit([this](int status) { m_events.debug_exit(status); }), m_delay_port("delayed"),
      m_reset_control([this](ResetType) { m_events.reset(); }), m_pci(*this, &m_reset_control.ports()),
      m_i440fx([this](u32 begin, u32 size, bool read, bool write) { m_memory->set_shadow(begin, size, read, write); }),
      m_piix3([this] {
          std::array<IrqLine*, 16> lines{};
          for (const unsigned n : {3u, 4u, 5u, 6u, 7u, 9u, 10u, 11u, 12u, 14u, 15u}) lines[n] = &irq(n);
          return lines;
      }()),
      m_ide(m_timeline, m_dma, irq(14), irq(15), *this), m_isa_dma(m_dma),
      m_dma_pages([this](u64 offset, unsigned size) { return m_isa_dma.pages().read(offset + 1, size); },
                  [this](u64 offset, unsigned size, u64 value) { m_isa_dma.pages().write(offset + 1, size, value); }),
      m_floppy(m_timeline, irq(6), m_isa_dma.channel(2), *this),
      m_floppy_direction([this](u64, unsigned size) { return m_floppy.registers().read(7, size); },
                         [this](u64, unsigned size, u64 value) { m_floppy.registers().write(7, size, value); }),
      m_pm(m_timeline, {irq(9), [this](u8 type) { sleep(type); },
                        [this](RegisterBlock& block, std::optional<u16> base, u16 size) {
                            m_ports.release(block);
                            if (base) m_ports.claim_free(*base, size, 4, block, "piix4pm");
                        }}),
      m_video_memory(std::move(video_memory)), m_video_pages(*this, video_memory_size / page_size),
      m_vga(m_timeline, m_video_memory.bytes(), &m_video_pages, content.video_firmware), m_fw_cfg(m_dma, *this),
      m_frame_sink(*this) {
    m_memory->map().share(m_video_memory.shared());
    for (unsigned n = 0; n < 16; ++n) {
        m_isa_wires[n].connect(m_pic.input(n));
        // The timer is on input 2, where the PIC has its cascade.
        if (n != 2) m_isa_wires[n].connect(m_io_apic.input(n == 0 ? 2 : n));
    }
    m_apic_bus.add(m_local_apic);
    m_apic_bus.add(m_io_apic);
    m_pci.add(0, 0, m_i440fx);
    m_pci.add(1, 0, m_piix3);
    m_pci.add(1, 1, m_ide);
    m_pci.add(1, 3, m_pm);
    m_pci.add(2, 0, m_vga);
    m_pci.set_router(m_piix3);
    m_devices = {&m_local_apic, &m_io_apic,       &m_pic,   &m_pit,           &m_rtc,        &m_i8042,
                 &m_port92,     &m_uart0,         &m_uart1, &m_debug_console, &m_debug_exit, &m_post_code,
                 &m_delay_port, &m_reset_control, &m_pci,   &m_i440fx,        &m_piix3,      &m_ide,
                 &m_isa_dma,    &m_floppy,        &m_pm,    &m_vga,           &m_fw_cfg};
}

Board::~Board() = default;

Result<> Board::wire_ports() {
    struct Claim {
        u16 base;
        u32 count;
        unsigned width;
        RegisterBlock& block;
        std::string_view name;
    };
    std::vector<Claim> claims = {
        {0x20, 2, 1, m_pic.master(), "pic"},
        {0xA0, 2, 1, m_pic.slave(), "pic"},
        {0x4D0, 2, 1, m_pic.elcr(), "pic"},
        {0x40, 4, 1, m_pit.counters(), "pit"},
        {0x61, 1, 1, m_pit.speaker_port(), "pit"},
        {0x60, 1, 1, m_i8042.data_port(), "i8042"},
        {0x64, 1, 1, m_i8042.command_port(), "i8042"},
        {0x70, 2, 1, m_rtc.ports(), "rtc"},
        {0x72, 2, 1, m_rtc.extended_ports(), "rtc"},
        {0x80, 1, 1, m_post_code.ports(), "post80"},
        {0xED, 1, 1, m_delay_port.ports(), "delayed"},
        {0x92, 1, 1, m_port92.ports(), "port92"},
        {0xE9, 1, 1, m_debug_console.ports(), "debugcon"},
        {0x402, 1, 1, m_debug_console.ports(), "debugcon"},
        {0xF0, 2, 1, m_numeric_error.ports(), "numeric error"},
        {0x3F8, 8, 1, m_uart0.ports(), "uart0"},
        {0x2F8, 8, 1, m_uart1.ports(), "uart1"},
        {0xCF8, 8, 4, m_pci.ports(), "pci"},
        {0x1F0, 8, 4, m_ide.command_block(0), "ide0"},
        {0x3F6, 1, 1, m_ide.control_block(0), "ide0"},
        {0x170, 8, 4, m_ide.command_block(1), "ide1"},
        {0x376, 1, 1, m_ide.control_block(1), "ide1"},
        {0x00, 16, 1, m_isa_dma.first(), "dma"},
        {0xC0, 32, 1, m_isa_dma.second(), "dma"},
        {0x81, 15, 1, m_dma_pages, "dma"},
        {0x3F0, 6, 1, m_floppy.registers(), "floppy"},
        {0x3F7, 1, 1, m_floppy_direction, "floppy"},
        {0x3B0, 0x30, 1, m_vga.ports(), "vga"},
        {0x1CE, 4, 2, m_vga.dispi_ports(), "vga"},
        {0xB2, 2, 1, m_pm.smi_command(), "piix4pm"},
        {0x510, 2, 2, m_fw_cfg.ports(), "fw_cfg"},
        {0x514, 8, 4, m_fw_cfg.dma_ports(), "fw_cfg"},
    };
    if (m_config.debug_exit) claims.push_back({0xF4, 4, 4, m_debug_exit.ports(), "debugexit"});
    for (const Claim& c : claims) TRY(m_ports.claim(c.base, c.count, c.width, c.block, c.name));
    return Unit{};
}

Result<std::unique_ptr<DiskImage>> Board::open_image(const std::string& path, DiskImageOptions options) {
    return std::unique_ptr<DiskImage>(std::make_unique<CountedImage>(TRY(open_disk_image(path, options)), m_disk_uses));
}

Result<> Board::attach_drives() {
    // Disks are on the primary channel, CD-ROMs on the secondary.
    if (m_config.disks.size() > 2 || m_config.cdroms.size() > 2) return make_error("at most 2 disks and 2 CD-ROMs");
    for (unsigned unit = 0; unit < m_config.disks.size(); ++unit) {
        const DriveConfig& drive = m_config.disks[unit];
        const DiskFormat format = drive.format.empty() ? DiskFormat::recognise : TRY(disk_format(drive.format));
        auto image = TRY(open_image(drive.path, {.read_only = false, .snapshot = drive.keep_image, .format = format}));
        if (!image->note().empty()) log(LogLevel::Warning, "{}", image->note());
        m_disk_images.push_back(image.get());
        m_ide.attach_disk(0, unit, std::move(image));
    }
    for (unsigned unit = 0; unit < std::max<std::size_t>(m_config.cdroms.size(), 1); ++unit) {
        m_cdroms.push_back(&m_ide.attach_cdrom(1, unit));
        if (unit < m_config.cdroms.size() && !m_config.cdroms[unit].path.empty())
            m_cdroms.back()->insert(
                TRY(open_image(m_config.cdroms[unit].path, {.read_only = true, .format = DiskFormat::raw})));
    }
    if (m_config.floppies.size() > 2) return make_error("at most 2 floppy drives");
    m_floppy_images.resize(m_config.floppies.size());
    for (unsigned unit = 0; unit < m_config.floppies.size(); ++unit) {
        m_floppy.attach_drive(unit);
        TRY(insert_floppy(unit, m_config.floppies[unit]));
    }
    return Unit{};
}

Result<> Board::insert_floppy(unsigned number, const DriveConfig& drive) {
    if (drive.path.empty() && drive.content.empty()) return Unit{};
    std::unique_ptr<DiskImage> image;
    if (!drive.content.empty()) {
        constexpr u64 size_1440k = 1440 * 1024;
        image = std::make_unique<MemoryMedium>(drive.content, std::max<u64>(drive.content.size(), size_1440k));
    } else {
        image =
            TRY(open_image(drive.path, {.read_only = false, .snapshot = drive.keep_image, .format = DiskFormat::raw}));
        if (!image->note().empty()) log(LogLevel::Warning, "{}", image->note());
    }
    if (!floppy_geometry(image->size()))
        return make_error("{} does not fit on any floppy ({} bytes)", drive.path, image->size());
    m_floppy_images[number] = image.get();
    m_floppy.insert(number, std::move(image));
    return Unit{};
}

Result<> Board::attach_network_card() {
    const std::string& name = m_config.network.card;
    if (name == "e1000") {
        m_network_card = std::make_unique<E1000>(m_timeline, m_dma, m_frame_sink, mac_address);
    } else if (name == "ne2k-pci") {
        m_network_card = std::make_unique<Ne2000Pci>(m_frame_sink, mac_address);
    } else if (name == "ne2k-isa") {
        auto card = std::make_unique<Ne2000>(irq(ne2000_irq), m_frame_sink, mac_address);
        TRY(m_ports.claim(ne2000_port, Ne2000::port_count, 2, *card->bar(0), "ne2000"));
        m_network_card = std::move(card);
    } else {
        return name == "none" ? Result<>(Unit{}) : make_error("there is no network card \"{}\"", name);
    }
    if (PciFunction* function = m_network_card->pci()) m_pci.add(network_slot, 0, *function);
    m_devices.push_back(&m_network_card->device());
    return Unit{};
}

void Board::attach_usb() {
    m_tablet = std::make_unique<UsbTablet>(m_timeline);
    m_uhci = std::make_unique<Uhci>(m_timeline, m_dma);
    m_uhci->attach(0, *m_tablet);
    m_pci.add(1, 2, *m_uhci);
    m_devices.push_back(m_tablet.get());
    m_devices.push_back(m_uhci.get());
}

Result<> Board::attach_sound_card() {
    m_sound_card =
        std::make_unique<Sb16>(m_timeline, m_isa_dma, std::array<IrqLine*, 4>{&irq(9), &irq(5), &irq(7), &irq(10)});
    TRY(m_ports.claim(sound_port, Sb16::port_count, 1, m_sound_card->ports(), "sb16"));
    TRY(m_ports.claim(music_port, 2, 1, m_sound_card->music_ports(), "sb16"));
    m_devices.push_back(m_sound_card.get());
    return Unit{};
}

Result<> Board::change_medium(Medium kind, unsigned number, const std::string& path) {
    if (number >= (kind == Medium::cdrom ? m_cdroms.size() : m_floppy_images.size()))
        return make_error("the machine has no {} drive {}", kind == Medium::cdrom ? "CD-ROM" : "floppy", number);
    if (kind == Medium::cdrom) {
        std::unique_ptr<DiskImage> image;
        if (!path.empty()) image = TRY(open_image(path, {.read_only = true, .format = DiskFormat::raw}));
        m_cdroms[number]->eject();
        if (image) m_cdroms[number]->insert(std::move(image));
        return Unit{};
    }
    m_floppy_images[number] = nullptr;
    m_floppy.eject(number);
    DriveConfig drive;
    drive.path = path;
    drive.keep_image = m_config.keep_inserted_images;
    return insert_floppy(number, drive);
}

Result<> Board::flush_disks() {
    for (DiskImage* image : m_disk_images) TRY(image->flush());
    for (DiskImage* image : m_floppy_images)
        if (image) TRY(image->flush());
    return Unit{};
}

std::vector<std::string> Board::written_images() const {
    std::vector<std::string> paths;
    const auto add = [&paths](const DriveConfig& drive) {
        if (!drive.path.empty() && !drive.keep_image && drive.content.empty()) paths.push_back(drive.path);
    };
    for (const DriveConfig& drive : m_config.disks) add(drive);
    for (const DriveConfig& drive : m_config.floppies) add(drive);
    return paths;
}

std::vector<DiskImage*> Board::images() const {
    std::vector<DiskImage*> all = m_disk_images;
    std::copy_if(m_floppy_images.begin(), m_floppy_images.end(), std::back_inserter(all),
                 [](const DiskImage* image) { return image != nullptr; });
    return all;
}

/// All of them or none.
Result<> Board::keep_disks(const SnapshotAbout& about) {
    for (DiskImage* image : images()) {
        Result<> kept = image->keep_state(about.id, about.name, about.time, timeline().now());
        if (kept.ok()) continue;
        for (DiskImage* done : images()) (void)done->forget_state(about.id);
        return kept;
    }
    return Unit{};
}

Result<> Board::take_disks_back(const std::string& id) { return go_back_together(images(), id); }

Result<> Board::forget_disks(const std::string& id) {
    for (DiskImage* image : images()) TRY(image->forget_state(id));
    return Unit{};
}

Result<> Board::lock_disks(bool locked) {
    for (DiskImage* image : m_disk_images) TRY(image->set_locked(locked));
    for (DiskImage* image : m_floppy_images)
        if (image) TRY(image->set_locked(locked));
    return Unit{};
}

void Board::set_intr(bool level) {
    if (!level) {
        m_cpu.clear_attention(attention::interrupt);
        return;
    }
    m_cpu.raise_attention(attention::interrupt);
    m_cpu.end_block();
}

void Board::set_a20(bool enabled) {
    m_i8042.note_a20(enabled);
    m_port92.note_a20(enabled);
    m_cpu.set_a20(enabled);
}

u8 Board::acknowledge_interrupt() {
    if (!has_apic()) return m_pic.acknowledge();
    const int vector = m_local_apic.acknowledge();
    return vector == LocalApic::ask_pic ? m_pic.acknowledge() : static_cast<u8>(vector);
}

u64 Board::read_apic_base() { return has_apic() ? m_local_apic.base_msr() : 0; }

bool Board::write_apic_base(u64 value) {
    if (!has_apic() || !m_local_apic.write_base_msr(value)) return false;
    place_local_apic();
    return true;
}

void Board::place_local_apic() {
    m_memory->release(m_local_apic.registers());
    if (has_apic() && m_local_apic.enabled())
        m_memory->place(m_local_apic.base(), LocalApic::register_space, m_local_apic.registers());
}

// ---- What PCI base addresses place ---------------------------------------------------------------------------------

void Board::map(PciFunction& function, unsigned index, BarKind kind, u64 address, u64 size) {
    if (&function == &m_ide && index == ide_bus_master_bar) {
        m_ports.claim_free(static_cast<u16>(address), static_cast<u32>(size), 4, m_ide.bus_master(), "ide");
    } else if (&function == m_uhci.get() && index == Uhci::register_bar) {
        m_ports.claim_free(static_cast<u16>(address), static_cast<u32>(size), 4, m_uhci->registers(), "uhci");
    } else if (&function == &m_vga && index == Vga::framebuffer_bar) {
        m_memory->place_memory(address, size, m_video_memory.data(), m_video_pages.bytes());
        m_video_pages.address = address;
    } else if (&function == &m_vga && index == Vga::mmio_bar) {
        m_memory->place(address, size, m_vga.mmio());
    } else if (&function == &m_vga && index == PciFunction::rom_index) {
        m_memory->place(address, size, m_vga.rom());
    } else if (m_network_card && &function == m_network_card->pci()) {
        RegisterBlock* block = m_network_card->bar(index);
        if (block == nullptr) return;
        if (kind == BarKind::io) {
            m_ports.claim_free(static_cast<u16>(address), static_cast<u32>(size), 4, *block, "network card");
        } else {
            m_memory->place(address, size, *block);
        }
    }
}

void Board::unmap(PciFunction& function, unsigned index) {
    if (&function == &m_ide && index == ide_bus_master_bar) {
        m_ports.release(m_ide.bus_master());
    } else if (&function == m_uhci.get() && index == Uhci::register_bar) {
        m_ports.release(m_uhci->registers());
    } else if (&function == &m_vga && index == Vga::framebuffer_bar) {
        m_memory->release_memory(m_video_memory.data());
        m_video_pages.address.reset();
    } else if (&function == &m_vga && index == Vga::mmio_bar) {
        m_memory->release(m_vga.mmio());
    } else if (&function == &m_vga && index == PciFunction::rom_index) {
        m_memory->release(m_vga.rom());
    } else if (m_network_card && &function == m_network_card->pci()) {
        RegisterBlock* block = m_network_card->bar(index);
        if (block == nullptr) return;
        if (function.mapping(index).kind == BarKind::io) {
            m_ports.release(*block);
        } else {
            m_memory->release(*block);
        }
    }
}

void Board::VideoPages::collect(std::span<u64> bitmap) {
    bool any = false;
    for (std::size_t page = 0; page < m_written.size(); ++page) {
        if (m_written[page].load(std::memory_order_relaxed) == 0) continue;
        m_written[page].store(0, std::memory_order_relaxed);
        bitmap[page / 64] |= u64{1} << page % 64;
        any = true;
    }
    // The next write to each page is to be seen again.
    if (any && address) m_board.m_cpu.mmu.drop_write_tags(PhysAddr(*address), m_written.size() * page_size);
}

/// SLP_TYP of the tables that we give to the guest: 0 is S5. There is no S3 or S4 to enter, which also ends the guest.
void Board::sleep(u8) { m_events.power_off(); }

void Board::host_error(std::string_view device, const Error& error) {
    m_events.host_error(fmt::format("{}: {}", device, error.message));
}

// ---- Reset and snapshots -------------------------------------------------------------------------------------------

void Board::reset() {
    for (SharedWire& wire : m_isa_wires) wire.reset();
    m_numeric_error.reset();
    for (Device* device : m_devices) device->reset();
    m_cpu.clear_attention(attention::interrupt | attention::nmi);
    m_cpu.reset();
    m_cpu.set_a20(true);
    if (has_apic()) m_memory->place(io_apic_address, IoApic::register_space, m_io_apic.registers());
    place_local_apic();
    m_memory->place(vga_window, vga_window_size, m_vga.window());
}

void Board::for_each_part(
    const std::function<void(std::string_view tag, const std::function<void(Archive&)>& archive)>& visit) {
    visit("timeline", [this](Archive& ar) { m_timeline.archive(ar); });
    visit("wires", [this](Archive& ar) {
        for (SharedWire& wire : m_isa_wires) wire.archive(ar);
        m_numeric_error.archive(ar);
    });
    // The media before the drives: a disk that is not the same refuses the snapshot.
    visit("media", [this](Archive& ar) {
        for (DiskImage* image : m_disk_images) image->archive(ar);
        for (DiskImage* image : m_floppy_images)
            if (image) image->archive(ar);
    });
    for (Device* device : m_devices) visit(device->name(), [device](Archive& ar) { device->archive(ar); });
    visit("cpu", [this](Archive& ar) {
        m_cpu.archive(ar);
        if (ar.is_loading()) place_local_apic();
    });
}

void Board::retry_host_requests() {
    m_ide.retry();
    m_floppy.retry();
}

void Board::press_power_button() { m_pm.press_power_button(); }

const Picture& Board::capture_picture() {
    (void)m_vga.render(m_picture);
    return m_picture;
}

std::optional<TextScreen> Board::capture_text() {
    if (!m_vga.text_mode()) return std::nullopt;
    return m_vga.text();
}

} // namespace ringshift
