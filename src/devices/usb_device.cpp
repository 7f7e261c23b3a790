#include "devices/usb_device.h"

#include <algorithm>

namespace ringshift {

namespace {
/// More than any request of ours brings; a host that announces more is refused.
constexpr u16 most_data = 256;
constexpr u16 endpoint_halt = 0;
} // namespace

void UsbDevice::bus_reset() {
    reset_control();
    configuration_changed();
}

// --- The control pipe

UsbHandshake UsbDevice::setup(std::span<const u8, 8> packet) {
    const auto word = [&packet](std::size_t at) { return static_cast<u16>(packet[at] | packet[at + 1] << 8); };
    m_control.setup = {packet[0], packet[1], word(2), word(4), word(6)};
    m_control.data.clear();
    const UsbSetup& setup = m_control.setup;
    if ((setup.type & 0x80) != 0 || setup.length == 0)
        execute({});
    else
        m_control.stage = setup.length <= most_data ? Stage::data_out : Stage::stalled;
    return UsbHandshake::ack; // a SETUP packet is never refused (8.4.5.4)
}

void UsbDevice::execute(std::span<const u8> data) {
    const UsbSetup setup = m_control.setup;
    std::optional<std::vector<u8>> reply = answer(setup, data);
    m_control.data.clear();
    if (!reply) {
        m_control.stage = Stage::stalled;
        return;
    }
    m_control.stage = (setup.type & 0x80) != 0 && setup.length != 0 ? Stage::data_in : Stage::status_in;
    if (m_control.stage == Stage::data_in) {
        reply->resize(std::min<std::size_t>(reply->size(), setup.length));
        m_control.data = std::move(*reply);
    }
}

UsbHandshake UsbDevice::out(unsigned endpoint, std::span<const u8> data) {
    if (endpoint != 0) return UsbHandshake::stall;
    switch (m_control.stage) {
    case Stage::data_out:
        m_control.data.insert(m_control.data.end(), data.begin(), data.end());
        if (m_control.data.size() >= m_control.setup.length || data.size() < control_packet) {
            std::vector<u8> whole = std::move(m_control.data);
            whole.resize(std::min<std::size_t>(whole.size(), m_control.setup.length));
            execute(whole);
        }
        return UsbHandshake::ack;
    case Stage::data_in: // the status stage, perhaps before all was sent
        m_control.stage = Stage::idle;
        m_control.data.clear();
        return UsbHandshake::ack;
    default: return UsbHandshake::stall;
    }
}

UsbPacket UsbDevice::in(unsigned endpoint) {
    UsbPacket packet;
    if (endpoint != 0) {
        if (!configured() || !has_endpoint(static_cast<u8>(0x80 | endpoint)) || halted(endpoint)) {
            packet.handshake = UsbHandshake::stall;
            return packet;
        }
        return interrupt_in(endpoint);
    }
    switch (m_control.stage) {
    case Stage::data_in: {
        std::vector<u8>& left = m_control.data;
        packet.handshake = UsbHandshake::ack;
        packet.size = static_cast<u8>(std::min(left.size(), control_packet));
        std::copy_n(left.begin(), packet.size, packet.data.begin());
        left.erase(left.begin(), left.begin() + packet.size);
        break;
    }
    case Stage::status_in:
        packet.handshake = UsbHandshake::ack;
        m_control.stage = Stage::idle;
        m_control.address = m_control.next_address;
        break;
    default: packet.handshake = UsbHandshake::stall;
    }
    return packet;
}

// --- Standard requests (USB 1.1, 9.4)

std::optional<std::vector<u8>> UsbDevice::answer(const UsbSetup& setup, std::span<const u8> data) {
    switch (setup.type) {
    case usb::to_device:
    case usb::from_device: return device_request(setup);
    case usb::to_endpoint:
    case usb::from_endpoint: return endpoint_request(setup);
    default: return request(setup, data);
    }
}

std::optional<std::vector<u8>> UsbDevice::device_request(const UsbSetup& setup) {
    const bool from = setup.type == usb::from_device;
    const std::vector<u8> nothing;
    if (from && setup.request == usb::get_status) return std::vector<u8>{0, 0}; // bus-powered, no remote wake-up
    if (from && setup.request == usb::get_configuration) return std::vector<u8>{m_control.configuration};
    if (from && setup.request == usb::get_descriptor) {
        std::vector<u8> bytes = descriptor(static_cast<u8>(setup.value >> 8), static_cast<u8>(setup.value));
        return bytes.empty() ? std::nullopt : std::optional(std::move(bytes));
    }
    if (!from && setup.request == usb::set_address && setup.value < 128) {
        m_control.next_address = static_cast<u8>(setup.value);
        return nothing;
    }
    if (!from && setup.request == usb::set_configuration && setup.value <= 1) {
        m_control.configuration = static_cast<u8>(setup.value);
        m_control.halted = 0;
        configuration_changed();
        return nothing;
    }
    return std::nullopt;
}

std::optional<std::vector<u8>> UsbDevice::endpoint_request(const UsbSetup& setup) {
    const u8 address = static_cast<u8>(setup.index);
    const bool control = (address & 0x7F) == 0;
    if (!control && (!configured() || !has_endpoint(address))) return std::nullopt;
    const u16 bit = static_cast<u16>(control ? 0 : 1u << (address & 15)); // the control pipe has no lasting halt
    if (setup.type == usb::from_endpoint && setup.request == usb::get_status)
        return std::vector<u8>{static_cast<u8>((m_control.halted & bit) != 0), 0};
    if (setup.type != usb::to_endpoint || setup.value != endpoint_halt) return std::nullopt;
    if (setup.request == usb::set_feature)
        m_control.halted |= bit;
    else if (setup.request == usb::clear_feature)
        m_control.halted = static_cast<u16>(m_control.halted & ~bit);
    else
        return std::nullopt;
    return std::vector<u8>{};
}

// --- archive

void UsbDevice::archive_control(Archive& ar) {
    Control& c = m_control;
    ar(c.stage, c.address, c.next_address, c.configuration, c.halted, c.setup);
    ar.blob(c.data, most_data);
    ar.check(c.stage <= Stage::stalled && c.address < 128 && c.next_address < 128 && c.configuration <= 1,
             "USB control pipe");
}

} // namespace ringshift
