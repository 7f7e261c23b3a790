// Frames. A UHCI has no doorbell: while it runs it walks, once a millisecond, a schedule in the guest's memory that the
// driver changes whenever it likes. The walk follows pointers that the guest chose, so each frame ends after a number
// of steps and of bytes on the bus, and when it comes to a queue again without having moved anything.
//
// A controller that is stopped costs nothing. One that runs with nothing to move (a mouse that is polled and says NAK)
// is left alone for several frames, which are then walked together; the frame number goes on with the clock. What the
// guest does with the registers, and a device that has got something to send, end such a pause. A driver that only
// writes to memory has to wait a few milliseconds longer, as on a bus that others use too.
#include "devices/uhci.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u64 frame_ns = 1'000'000;
/// After so many quiet frames they are walked so many at a time.
constexpr u32 quiet_limit = 64, frames_in_pause = 8;
/// A host that was held up does not make good for more.
constexpr u64 most_frames = 16;
/// What fits into a frame of 12 Mbit/s, and more pointers than any driver needs in one.
constexpr unsigned frame_bytes = 1280, packet_overhead = 13, most_steps = 128;

// Registers (UHCI 2.1)
constexpr u64 usbcmd = 0x00, usbsts = 0x02, usbintr = 0x04, frnum = 0x06, flbaseadd = 0x08, sofmod = 0x0C,
              portsc = 0x10;
constexpr u16 command_run = 0x01, command_host_reset = 0x02, command_global_reset = 0x04, command_bits = 0xFF;
constexpr u16 status_interrupt = 0x01, status_error = 0x02, status_process_error = 0x10, status_halted = 0x20,
              status_write_clear = 0x1F;
constexpr u16 enable_timeout = 0x01, enable_resume = 0x02, enable_completion = 0x04, enable_short = 0x08;
constexpr u16 status_resume = 0x04, status_system_error = 0x08;
constexpr u64 attach_ns = 90'000'000; ///< from power-on
constexpr u16 port_connected = 0x0001, port_connect_change = 0x0002, port_enabled = 0x0004, port_enable_change = 0x0008,
              port_line_full_speed = 0x0010, port_resume = 0x0040, port_always = 0x0080, port_reset = 0x0200,
              port_suspend = 0x1000;
constexpr u8 legacy_support = 0xC0;
constexpr u16 legacy_interrupt_enable = 0x2000;

// Schedule (UHCI 3.1 to 3.3)
constexpr u32 link_end = 1, link_queue = 2, link_depth_first = 4, link_address = ~u32{15};
constexpr u32 td_timeout = 1u << 18, td_nak = 1u << 19, td_babble = 1u << 20, td_stalled = 1u << 22,
              td_active = 1u << 23, td_interrupt = 1u << 24, td_isochronous = 1u << 25, td_short_detect = 1u << 29;
constexpr u32 td_status = 0x00FF'0000, td_length = 0x7FF;
constexpr unsigned td_errors_shift = 27;
constexpr u8 pid_in = 0x69, pid_out = 0xE1, pid_setup = 0x2D;
constexpr u32 longest_packet = 0x500;

} // namespace

/// A transfer descriptor.
struct Uhci::Transfer {
    u32 address = 0, link = 0, control = 0, token = 0, buffer = 0;
    u8 pid() const { return static_cast<u8>(token); }
    u8 device() const { return (token >> 8) & 0x7F; }
    unsigned endpoint() const { return (token >> 15) & 15; }
    /// In bytes: the field has one less.
    u32 length() const { return ((token >> 21) + 1) & td_length; }
    bool possible() const {
        return (pid() == pid_in || pid() == pid_out || pid() == pid_setup) && length() <= longest_packet;
    }
};

Uhci::Uhci(Clock& clock, DmaView& memory)
    : PciFunction({.vendor = 0x8086,
                   .device = 0x7020,
                   .class_code = 0x0C0300,
                   .revision = 1,
                   .interrupt_pin = 4, // INTD#
                   .subsystem_vendor = 0x1AF4,
                   .subsystem = 0x1100}),
      m_clock(clock), m_memory(memory), m_timer(clock.create_timer("uhci", [this](u64 late_ns) { run(late_ns); })),
      m_registers([this](u64 offset, unsigned size) { return read(offset, size); },
                  [this](u64 offset, unsigned size, u64 value) { write(offset, size, value); }) {
    define(0x04, 2, 0, 5); // I/O space and bus master only
    define(0x06, 2, 0x0280, 0);
    define(0x60, 1, 0x10, 0); // USB 1.0
    define(legacy_support, 2, legacy_interrupt_enable, 0x20BF);
    add_bar(register_bar, BarKind::io, register_count);
}

void Uhci::attach(unsigned port, UsbDevice& device) {
    m_devices[port] = &device;
    m_s.ports[port] = port_connected | port_connect_change;
    device.set_wake([this] { hurry(); });
}

// --- reset

void Uhci::reset() {
    reset_config();
    reset_host(false); // devices are reset as devices of the board
    update_interrupt();
}

void Uhci::reset_host(bool bus_too) {
    m_s = State{};
    m_clock.cancel(m_timer);
    for (unsigned port = 0; port < port_count; ++port) {
        if (m_devices[port] == nullptr) continue;
        m_s.ports[port] = port_connected | port_connect_change;
        if (bus_too) m_devices[port]->bus_reset();
    }
}

/// A device has 100 ms from power-on to say that it is there (USB specification 1.1, 7.1.7.3), and ours take their
/// time: SeaBIOS has no use for them, but would spend 60 ms of each boot on their reset.
bool Uhci::devices_show() const { return m_clock.now() >= attach_ns; }

void Uhci::config_written(u8, unsigned) { update_interrupt(); }

// --- read

u16 Uhci::read_word(u64 offset) const {
    switch (offset) {
    case usbcmd: return m_s.command;
    case usbsts: return m_s.status;
    case usbintr: return m_s.interrupt_enable;
    case frnum: return frame_now();
    case flbaseadd: return static_cast<u16>(m_s.frame_list);
    case flbaseadd + 2: return static_cast<u16>(m_s.frame_list >> 16);
    case sofmod: return m_s.sof_timing;
    case portsc:
    case portsc + 2: {
        u16 bits = m_s.ports[(offset - portsc) / 2];
        if (!devices_show()) bits = static_cast<u16>(bits & ~(port_connected | port_connect_change));
        return static_cast<u16>(bits | port_always | ((bits & port_connected) ? port_line_full_speed : 0));
    }
    default: return 0;
    }
}

u64 Uhci::read(u64 offset, unsigned size) {
    if (offset == frnum) hurry();
    u64 value = 0;
    for (unsigned i = 0; i < size; ++i) {
        const u64 at = offset + i;
        const u64 byte = at < register_count ? (read_word(at & ~u64{1}) >> (8 * (at & 1))) & 0xFF : 0xFF;
        value |= byte << (8 * i);
    }
    return value;
}

u16 Uhci::frame_now() const {
    u64 frame = m_s.frame;
    const u64 now = m_clock.now();
    if (running() && now >= m_s.next_frame) frame += (now - m_s.next_frame) / frame_ns + 1;
    return static_cast<u16>(frame & 0x7FF);
}

// --- write

void Uhci::write(u64 offset, unsigned size, u64 value) {
    // Bytes of a word that are not written keep their value, and clear nothing.
    const u64 end = std::min(offset + size, register_count);
    for (u64 at = offset & ~u64{1}; at < end; at += 2) {
        u16 word = 0, mask = 0;
        for (unsigned half = 0; half < 2; ++half) {
            if (at + half < offset || at + half >= end) continue;
            mask = static_cast<u16>(mask | 0xFF << (8 * half));
            word = static_cast<u16>(word | ((value >> (8 * (at + half - offset))) & 0xFF) << (8 * half));
        }
        write_word(at, word, mask);
    }
    hurry();
    update_interrupt();
}

void Uhci::write_word(u64 offset, u16 value, u16 mask) {
    const auto merged = [&](u16 old) { return static_cast<u16>((old & ~mask) | value); };
    switch (offset) {
    case usbcmd: write_command(merged(m_s.command)); break;
    case usbsts:
        m_s.status = static_cast<u16>(m_s.status & ~(value & status_write_clear));
        if ((value & status_interrupt) != 0) m_s.completion = m_s.short_packet = false;
        break;
    case usbintr: m_s.interrupt_enable = merged(m_s.interrupt_enable) & 15; break;
    case frnum:
        if (!running()) m_s.frame = merged(m_s.frame) & 0x7FF;
        break;
    case flbaseadd:
        m_s.frame_list = (m_s.frame_list & 0xFFFF'0000) | (merged(static_cast<u16>(m_s.frame_list)) & 0xF000u);
        break;
    case flbaseadd + 2:
        m_s.frame_list = (m_s.frame_list & 0xFFFF) | u32{merged(static_cast<u16>(m_s.frame_list >> 16))} << 16;
        break;
    case sofmod: m_s.sof_timing = merged(m_s.sof_timing) & 0x7F; break;
    case portsc:
    case portsc + 2: write_port(static_cast<unsigned>(offset - portsc) / 2, value, mask); break;
    default: break;
    }
}

void Uhci::write_command(u16 value) {
    value &= command_bits;
    if ((value & command_host_reset) != 0) return reset_host(false);
    if ((value & command_global_reset) != 0 && (m_s.command & command_global_reset) == 0) reset_host(true);
    const bool run = (value & command_run) != 0 && (value & command_global_reset) == 0;
    const bool ran = running();
    if (!run && ran) {
        m_s.frame = frame_now();
        stop();
    }
    m_s.command = static_cast<u16>(run ? value : value & ~command_run);
    if (run && !ran) {
        m_s.status = static_cast<u16>(m_s.status & ~status_halted);
        m_s.next_frame = m_clock.now() + frame_ns;
        m_s.quiet_frames = 0;
        arm();
    }
}

void Uhci::stop() {
    m_s.command = static_cast<u16>(m_s.command & ~command_run);
    m_s.status |= status_halted;
    m_s.next_frame = 0;
    m_clock.cancel(m_timer);
}

void Uhci::write_port(unsigned port, u16 value, u16 mask) {
    constexpr u16 stored = port_enabled | port_resume | port_reset | port_suspend;
    u16& bits = m_s.ports[port];
    const u16 old = bits;
    const bool shows = devices_show();
    if (!shows) value = static_cast<u16>(value & ~port_connect_change); // which is still to come
    bits = static_cast<u16>(bits & ~(value & (port_connect_change | port_enable_change)));
    bits = static_cast<u16>((bits & ~(stored & mask)) | (value & stored));
    if (!shows || (bits & port_connected) == 0 || (bits & port_reset) != 0)
        bits = static_cast<u16>(bits & ~port_enabled);
    const bool begins = (bits & port_reset) != 0 && (old & port_reset) == 0;
    if (begins && m_devices[port] != nullptr) m_devices[port]->bus_reset();
}

// --- Frames

void Uhci::arm() {
    const u64 pause = m_s.quiet_frames >= quiet_limit ? (frames_in_pause - 1) * frame_ns : 0;
    m_clock.arm(m_timer, m_s.next_frame + pause);
}

void Uhci::hurry() {
    const bool paused = m_s.quiet_frames >= quiet_limit;
    m_s.quiet_frames = 0;
    if (!running() || !paused) return;
    // The frames that have gone by are walked when the present one ends.
    const u64 now = m_clock.now();
    const u64 gone = now > m_s.next_frame ? (now - m_s.next_frame + frame_ns - 1) / frame_ns : 0;
    m_clock.arm(m_timer, m_s.next_frame + gone * frame_ns);
}

void Uhci::run(u64) {
    const u64 now = m_clock.now();
    if (!running()) return;
    if (now >= m_s.next_frame + most_frames * frame_ns) {
        const u64 lost = (now - m_s.next_frame) / frame_ns - (most_frames - 1);
        m_s.frame = static_cast<u16>((m_s.frame + lost) & 0x7FF);
        m_s.next_frame += lost * frame_ns;
    }
    while (running() && now >= m_s.next_frame) {
        m_s.quiet_frames = run_frame() ? 0 : std::min(m_s.quiet_frames + 1, quiet_limit);
        m_s.frame = static_cast<u16>((m_s.frame + 1) & 0x7FF);
        m_s.next_frame += frame_ns;
    }
    if (running())
        arm();
    else
        m_s.next_frame = 0;
    update_interrupt();
}

u32 Uhci::fetch(u32 address) {
    std::array<u8, 4> raw{};
    m_memory.read(PhysAddr(address), raw);
    return static_cast<u32>(raw[0] | raw[1] << 8 | raw[2] << 16) | u32{raw[3]} << 24;
}

namespace {

void store(DmaView& memory, u32 address, u32 value) {
    const std::array<u8, 4> raw = {static_cast<u8>(value), static_cast<u8>(value >> 8), static_cast<u8>(value >> 16),
                                   static_cast<u8>(value >> 24)};
    memory.write(PhysAddr(address), raw);
}

} // namespace

/// Returns whether anything was moved.
bool Uhci::run_frame() {
    if (!bus_master_enabled()) return false;
    bool moved = false;
    bool in_queue = false;
    u32 queue = 0, queue_next = link_end;
    std::array<u32, most_steps> seen{}; // queues since the last packet that was moved
    std::size_t seen_count = 0;
    unsigned bytes = 0;
    u32 link = fetch(m_s.frame_list + (m_s.frame & 1023u) * 4);
    for (unsigned step = 0; step < most_steps && bytes < frame_bytes && (link & link_end) == 0; ++step) {
        const u32 address = link & link_address;
        if ((link & link_queue) != 0) {
            if (std::find(seen.begin(), seen.begin() + seen_count, address) != seen.begin() + seen_count) break;
            seen[seen_count++] = address;
            queue = address;
            queue_next = fetch(address);
            const u32 element = fetch(address + 4);
            in_queue = (element & link_end) == 0;
            link = in_queue ? element : queue_next;
            continue;
        }
        bool active = false;
        const Outcome outcome = execute(address, active);
        if (!running()) break;
        const u32 next = fetch(address);
        if (active) bytes += packet_overhead + 8;
        if (outcome == Outcome::completed) {
            moved = true;
            seen_count = 0;
            bytes += ((fetch(address + 8) >> 21) + 1) & td_length;
            if (in_queue) store(m_memory, queue + 4, next);
        }
        const bool deeper = outcome == Outcome::completed && (next & link_depth_first) != 0 && (next & link_end) == 0;
        if (in_queue && !deeper) {
            link = queue_next;
            in_queue = false;
        } else {
            link = next;
        }
    }
    const bool interrupts = m_s.completion || m_s.short_packet;
    if (interrupts) m_s.status |= status_interrupt;
    return moved || interrupts;
}

Uhci::Outcome Uhci::execute(u32 address, bool& active) {
    Transfer td;
    td.address = address;
    td.link = fetch(address);
    td.control = fetch(address + 4);
    td.token = fetch(address + 8);
    td.buffer = fetch(address + 12);
    if ((td.control & td_active) == 0) {
        // Drivers use an idle descriptor to be interrupted at the end of a frame.
        if ((td.control & td_interrupt) != 0) m_s.completion = true;
        return Outcome::next;
    }
    if (!td.possible()) {
        m_s.status |= status_process_error;
        stop();
        return Outcome::stuck;
    }
    active = true;
    const std::optional<UsbPacket> answer = transact(td);
    const bool isochronous = (td.control & td_isochronous) != 0;
    if (!answer) {
        u32 errors = (td.control >> td_errors_shift) & 3;
        const bool last = errors == 1 || isochronous;
        if (errors != 0) --errors;
        td.control = (td.control & ~(3u << td_errors_shift)) | errors << td_errors_shift;
        if (last) {
            finish(td, td_timeout | (isochronous ? 0 : td_stalled));
            return isochronous ? Outcome::completed : Outcome::stuck;
        }
        store(m_memory, address + 4, td.control | td_timeout);
        return Outcome::stuck;
    }
    const UsbPacket& packet = *answer;
    if (packet.handshake == UsbHandshake::nak) {
        if (isochronous)
            finish(td, td_nak);
        else if ((td.control & td_nak) == 0)
            store(m_memory, address + 4, td.control | td_nak);
        return isochronous ? Outcome::completed : Outcome::stuck;
    }
    if (packet.handshake == UsbHandshake::stall) {
        finish(td, td_stalled);
        return Outcome::stuck;
    }
    u32 count = td.length();
    if (td.pid() == pid_in) {
        if (packet.size > td.length()) {
            finish(td, td_babble | td_stalled);
            return Outcome::stuck;
        }
        count = packet.size;
        m_memory.write(PhysAddr(td.buffer), std::span(packet.data).first(count));
    }
    td.control = (td.control & ~td_length) | ((count - 1) & td_length);
    finish(td, 0);
    if (td.pid() == pid_in && count < td.length() && (td.control & td_short_detect) != 0) {
        m_s.short_packet = true;
        return Outcome::stuck;
    }
    return Outcome::completed;
}

/// The descriptor is done with, well or with an error.
void Uhci::finish(Transfer& td, u32 status_bits) {
    td.control = (td.control & ~td_status) | status_bits;
    store(m_memory, td.address + 4, td.control);
    if ((td.control & td_interrupt) != 0) m_s.completion = true;
    if ((status_bits & (td_stalled | td_timeout | td_babble)) != 0) m_s.status |= status_error;
}

UsbDevice* Uhci::device_at(u8 address) {
    for (unsigned port = 0; port < port_count; ++port) {
        constexpr u16 wanted = port_connected | port_enabled;
        if (m_devices[port] == nullptr || (m_s.ports[port] & (wanted | port_suspend)) != wanted) continue;
        if (m_devices[port]->address() == address) return m_devices[port];
    }
    return nullptr;
}

/// Nothing: nobody answers.
std::optional<UsbPacket> Uhci::transact(const Transfer& td) {
    UsbPacket packet;
    UsbDevice* device = device_at(td.device());
    if (device == nullptr) return std::nullopt;
    if (td.pid() == pid_in) return device->in(td.endpoint());
    std::array<u8, longest_packet> bytes{};
    const std::span<u8> data = std::span(bytes).first(td.length());
    m_memory.read(PhysAddr(td.buffer), data);
    if (td.pid() == pid_setup) {
        // Devices ignore a SETUP packet of another length or endpoint.
        if (td.endpoint() != 0 || data.size() != 8) return std::nullopt;
        packet.handshake = device->setup(std::span<const u8, 8>(bytes.data(), 8));
    } else {
        packet.handshake = device->out(td.endpoint(), data);
    }
    return packet;
}

void Uhci::update_interrupt() {
    const u16 enabled = m_s.interrupt_enable;
    const bool completed =
        (m_s.completion && (enabled & enable_completion) != 0) || (m_s.short_packet && (enabled & enable_short) != 0);
    const bool level = (completed && (m_s.status & status_interrupt) != 0) ||
                       ((m_s.status & status_error) != 0 && (enabled & enable_timeout) != 0) ||
                       ((m_s.status & status_resume) != 0 && (enabled & enable_resume) != 0) ||
                       (m_s.status & (status_process_error | status_system_error)) != 0;
    set_interrupt(level && (config_value(legacy_support, 2) & legacy_interrupt_enable) != 0);
}

// --- archive

void Uhci::archive(Archive& ar) {
    archive_config(ar);
    State& s = m_s;
    ar(s.command, s.status, s.interrupt_enable, s.frame, s.frame_list, s.sof_timing, s.completion, s.short_packet,
       s.ports, s.next_frame, s.quiet_frames);
    ar.check(s.frame <= 0x7FF && s.quiet_frames <= quiet_limit && s.next_frame < u64{1} << 62, "USB frame");
}

} // namespace ringshift
