#include "devices/usb_tablet.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u8 endpoint_address = 0x81;
constexpr u8 report_size = 6;
constexpr std::size_t most_reports = 16;
constexpr u8 button_mask = 7;
/// A driver polls more than a hundred times a second.
constexpr u64 in_use_ns = 500'000'000;
constexpr u64 idle_unit_ns = 4'000'000;

// HID 1.11, 7.2
constexpr u8 get_report = 0x01, get_idle = 0x02, get_protocol = 0x03, set_report = 0x09, set_idle = 0x0A,
             set_protocol = 0x0B;
constexpr u8 hid_descriptor = 0x21, report_descriptor = 0x22;
constexpr u8 class_to_interface = 0x21, class_from_interface = 0xA1;
constexpr u8 input_report = 1;

/// Three buttons and padding, X and Y of 16 bits, a relative wheel of 8.
constexpr auto report_layout = std::to_array<u8>({
    0x05, 0x01,       // Usage Page (Generic Desktop)
    0x09, 0x02,       // Usage (Mouse)
    0xA1, 0x01,       // Collection (Application)
    0x09, 0x01,       //   Usage (Pointer)
    0xA1, 0x00,       //   Collection (Physical)
    0x05, 0x09,       //     Usage Page (Buttons)
    0x19, 0x01,       //     Usage Minimum (1)
    0x29, 0x03,       //     Usage Maximum (3)
    0x15, 0x00,       //     Logical Minimum (0)
    0x25, 0x01,       //     Logical Maximum (1)
    0x95, 0x03,       //     Report Count (3)
    0x75, 0x01,       //     Report Size (1)
    0x81, 0x02,       //     Input (Data, Variable, Absolute)
    0x95, 0x01,       //     Report Count (1)
    0x75, 0x05,       //     Report Size (5)
    0x81, 0x01,       //     Input (Constant)
    0x05, 0x01,       //     Usage Page (Generic Desktop)
    0x09, 0x30,       //     Usage (X)
    0x09, 0x31,       //     Usage (Y)
    0x15, 0x00,       //     Logical Minimum (0)
    0x26, 0xFF, 0x7F, //     Logical Maximum (32767)
    0x35, 0x00,       //     Physical Minimum (0)
    0x46, 0xFF, 0x7F, //     Physical Maximum (32767)
    0x75, 0x10,       //     Report Size (16)
    0x95, 0x02,       //     Report Count (2)
    0x81, 0x02,       //     Input (Data, Variable, Absolute)
    0x09, 0x38,       //     Usage (Wheel)
    0x15, 0x81,       //     Logical Minimum (-127)
    0x25, 0x7F,       //     Logical Maximum (127)
    0x35, 0x00,       //     Physical Minimum (0), equal to the maximum: the logical range counts
    0x45, 0x00,       //     Physical Maximum (0)
    0x75, 0x08,       //     Report Size (8)
    0x95, 0x01,       //     Report Count (1)
    0x81, 0x06,       //     Input (Data, Variable, Relative)
    0xC0,             //   End Collection
    0xC0,             // End Collection
});

/// Its vendor is pid.codes, who gives numbers to projects; no driver looks at them, HID drivers go by the class.
constexpr auto device_bytes = std::to_array<u8>({
    18, usb::device_descriptor, 0x10, 0x01, // USB 1.1
    0, 0, 0,                                // the interface says the class
    UsbDevice::control_packet,              //
    0x09, 0x12, 0x01, 0x00,                 // 1209:0001
    0x00, 0x01,                             // release 1.0
    1, 2, 0,                                // strings: manufacturer, product, no serial number
    1,                                      // configurations
});

constexpr std::array<u8, 9> hid_bytes = {
    9, hid_descriptor, 0x11, 0x01, 0, 1, report_descriptor, static_cast<u8>(report_layout.size()), 0,
};

std::vector<u8> configuration_bytes() {
    constexpr u8 total = 9 + 9 + 9 + 7;
    std::vector<u8> bytes = {
        9,     usb::configuration_descriptor,
        total, 0,
        1,     1,
        0,     0x80,
        50, // bus-powered, 100 mA
        9,     4,
        0,     0,
        1,     3,
        0,     0,
        0, // HID, no boot protocol
    };
    bytes.insert(bytes.end(), hid_bytes.begin(), hid_bytes.end());
    const std::array<u8, 7> endpoint = {7, 5, endpoint_address, 3, 8, 0, 8}; // interrupt, 8 bytes, every 8 ms
    bytes.insert(bytes.end(), endpoint.begin(), endpoint.end());
    return bytes;
}

std::vector<u8> string_bytes(std::string_view text) {
    std::vector<u8> bytes = {static_cast<u8>(2 + 2 * text.size()), usb::string_descriptor};
    for (const char c : text) {
        bytes.push_back(static_cast<u8>(c));
        bytes.push_back(0);
    }
    return bytes;
}

} // namespace

void UsbTablet::point(i32 x, i32 y, i32 wheel, u8 buttons) {
    if (!configured()) return;
    Report report;
    report.x = static_cast<u16>(std::clamp(x, 0, extent));
    report.y = static_cast<u16>(std::clamp(y, 0, extent));
    report.buttons = buttons & button_mask;
    std::deque<Report>& queue = m_state.queue;
    const Report& last = queue.empty() ? m_state.now : queue.back();
    i32 turned = wheel;
    if (!queue.empty() && (last.buttons == report.buttons || queue.size() == most_reports)) {
        turned += last.wheel;
        queue.pop_back();
    }
    report.wheel = static_cast<i8>(std::clamp(turned, -127, 127));
    queue.push_back(report);
    wake();
}

bool UsbTablet::in_use() const {
    return configured() && m_state.polled && m_clock.now() < m_state.polled_at + in_use_ns;
}

// --- Requests

std::vector<u8> UsbTablet::descriptor(u8 type, u8 index) const {
    if (type == usb::device_descriptor) return {device_bytes.begin(), device_bytes.end()};
    if (type == usb::configuration_descriptor && index == 0) return configuration_bytes();
    if (type != usb::string_descriptor) return {};
    switch (index) {
    case 0: return {4, usb::string_descriptor, 0x09, 0x04}; // languages: US English
    case 1: return string_bytes("Ringshift");
    case 2: return string_bytes("USB tablet");
    default: return {};
    }
}

std::optional<std::vector<u8>> UsbTablet::request(const UsbSetup& setup, std::span<const u8>) {
    if (setup.index != 0) return std::nullopt; // there is one interface
    const std::vector<u8> nothing;
    const u8 high = static_cast<u8>(setup.value >> 8);
    switch (u32{setup.type} << 8 | setup.request) {
    case u32{usb::from_interface} << 8 | usb::get_status: return std::vector<u8>{0, 0};
    case u32{usb::from_interface} << 8 | usb::get_interface: return std::vector<u8>{0};
    case u32{usb::to_interface} << 8 | usb::set_interface:
        return setup.value == 0 ? std::optional(nothing) : std::nullopt;
    case u32{usb::from_interface} << 8 | usb::get_descriptor:
        if (high == hid_descriptor) return std::vector<u8>(hid_bytes.begin(), hid_bytes.end());
        if (high == report_descriptor) return std::vector<u8>(report_layout.begin(), report_layout.end());
        return std::nullopt;
    case u32{class_from_interface} << 8 | get_report:
        return high == input_report ? std::optional(bytes_of(m_state.now)) : std::nullopt;
    case u32{class_from_interface} << 8 | get_idle: return std::vector<u8>{m_state.idle};
    case u32{class_from_interface} << 8 | get_protocol: return std::vector<u8>{m_state.protocol};
    case u32{class_to_interface} << 8 | set_report: return nothing; // there is no output
    case u32{class_to_interface} << 8 | set_idle: m_state.idle = high; return nothing;
    case u32{class_to_interface} << 8 | set_protocol: m_state.protocol = setup.value & 1; return nothing;
    default: return std::nullopt;
    }
}

// --- The interrupt endpoint

bool UsbTablet::has_endpoint(u8 address) const { return address == endpoint_address; }

std::vector<u8> UsbTablet::bytes_of(const Report& report) {
    const auto low = [](u16 value) { return static_cast<u8>(value); };
    const auto high = [](u16 value) { return static_cast<u8>(value >> 8); };
    return {report.buttons, low(report.x),  high(report.x),
            low(report.y),  high(report.y), static_cast<u8>(report.wheel)};
}

UsbPacket UsbTablet::interrupt_in(unsigned) {
    const u64 now = m_clock.now();
    m_state.polled = true;
    m_state.polled_at = now;
    UsbPacket packet;
    const bool repeat = m_state.idle != 0 && now >= m_state.sent_at + m_state.idle * idle_unit_ns;
    if (m_state.queue.empty() && !repeat) return packet;
    m_state.now.wheel = 0; // a repeated report turns nothing
    if (!m_state.queue.empty()) {
        m_state.now = m_state.queue.front();
        m_state.queue.pop_front();
    }
    m_state.sent_at = now;
    const std::vector<u8> bytes = bytes_of(m_state.now);
    packet.handshake = UsbHandshake::ack;
    packet.size = report_size;
    std::copy(bytes.begin(), bytes.end(), packet.data.begin());
    return packet;
}

void UsbTablet::configuration_changed() { m_state = State{}; }

// --- reset and archive

void UsbTablet::reset() {
    reset_control();
    m_state = State{};
}

void UsbTablet::archive(Archive& ar) {
    archive_control(ar);
    State& s = m_state;
    ar(s.now, s.queue, s.idle, s.protocol, s.sent_at, s.polled, s.polled_at);
    ar.check(s.queue.size() <= most_reports, "tablet reports");
    ar.check(s.sent_at < u64{1} << 62 && s.polled_at < u64{1} << 62, "tablet times");
}

} // namespace ringshift
