#include "devices/ide.h"

namespace ringshift {

namespace {
constexpr u8 command_register = 0x04, idetim = 0x40, sidetim = 0x44;
} // namespace

Ide::Ide(Clock& clock, DmaView& memory, IrqLine& primary, IrqLine& secondary, HostErrorSink& host_errors)
    : PciFunction({.vendor = 0x8086,
                   .device = 0x7010,
                   .class_code = 0x010180, // IDE, bus master, both channels in compatibility mode
                   .subsystem_vendor = 0x1AF4,
                   .subsystem = 0x1100}),
      m_channels{IdeChannel("ide0", clock, memory, primary, host_errors),
                 IdeChannel("ide1", clock, memory, secondary, host_errors)},
      m_bus_master(
          [this](u64 offset, unsigned size) {
              u64 value = 0;
              for (unsigned i = 0; i < size; ++i) {
                  const u64 at = offset + i;
                  const u8 byte = at < bus_master_size ? m_channels[at / 8].read_bus_master(at % 8) : u8{0xFF};
                  value |= u64{byte} << (8 * i);
              }
              return value;
          },
          [this](u64 offset, unsigned size, u64 value) {
              for (unsigned i = 0; i < size; ++i) {
                  const u64 at = offset + i;
                  if (at < bus_master_size)
                      m_channels[at / 8].write_bus_master(at % 8, static_cast<u8>(value >> (8 * i)));
              }
          }) {
    define(command_register, 2, 0, 5); // I/O space and bus master only
    define(0x06, 2, 0x0280, 0);
    define(idetim, 2, 0, 0xFFFF);
    define(idetim + 2, 2, 0, 0xFFFF);
    define(sidetim, 1, 0, 0xFF);
    add_bar(4, BarKind::io, bus_master_size);
    apply_config();
}

AtaDisk& Ide::attach_disk(unsigned channel, unsigned unit, std::unique_ptr<BlockBackend> backend) {
    auto disk = std::make_unique<AtaDisk>(std::move(backend), fmt::format("RS{:05}", 2 * channel + unit + 1));
    AtaDisk& attached = *disk;
    m_channels[channel].attach(unit, std::move(disk));
    return attached;
}

AtapiCdrom& Ide::attach_cdrom(unsigned channel, unsigned unit) {
    auto drive = std::make_unique<AtapiCdrom>(fmt::format("RS{:05}", 2 * channel + unit + 1));
    AtapiCdrom& attached = *drive;
    m_channels[channel].attach(unit, std::move(drive));
    return attached;
}

// --- reset

void Ide::reset() {
    reset_config();
    apply_config();
    for (auto& channel : m_channels) channel.reset();
}

// --- configuration space

void Ide::config_written(u8, unsigned) { apply_config(); }

void Ide::apply_config() {
    const bool io = config_byte(command_register) & 1;
    for (unsigned channel = 0; channel < 2; ++channel) {
        const bool decode = config_byte(static_cast<u8>(idetim + 2 * channel + 1)) & 0x80;
        m_channels[channel].configure(io && decode, bus_master_enabled());
    }
}

// --- host side

void Ide::retry() {
    for (auto& channel : m_channels) channel.retry();
}

u64 Ide::sectors_read() const {
    u64 sum = 0;
    for (unsigned i = 0; i < 4; ++i) {
        if (const IdeDrive* d = drive(i / 2, i % 2)) sum += d->sectors_read();
    }
    return sum;
}

u64 Ide::sectors_written() const {
    u64 sum = 0;
    for (unsigned i = 0; i < 4; ++i) {
        if (const IdeDrive* d = drive(i / 2, i % 2)) sum += d->sectors_written();
    }
    return sum;
}

// --- archive

void Ide::archive(Archive& ar) {
    archive_config(ar);
    if (ar.is_loading()) apply_config();
    for (auto& channel : m_channels) channel.archive(ar);
}

} // namespace ringshift
