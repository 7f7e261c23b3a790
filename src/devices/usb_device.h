// A USB device as its host controller sees it: transactions on endpoints. The default control pipe with the standard
// requests is here (Universal Serial Bus Specification 1.1, 8.5.2 and chapter 9); a device adds its descriptors, its
// class's requests and its other endpoints.
//
// Data toggles are not modelled: nothing is lost on this bus, so that a repeated packet never has to be recognised.
#pragma once

#include "base/device.h"

#include <array>
#include <optional>
#include <vector>

namespace ringshift {

enum class UsbHandshake : u8 { ack, nak, stall };

/// What a device answers to IN: a packet, NAK or STALL.
struct UsbPacket {
    UsbHandshake handshake = UsbHandshake::nak;
    u8 size = 0;
    std::array<u8, 64> data{};
};

/// The eight bytes of a SETUP packet (USB 1.1, 9.3).
struct UsbSetup {
    u8 type = 0; ///< bit 7: data goes to the host; bits 0-4: device 0, interface 1, endpoint 2
    u8 request = 0;
    u16 value = 0, index = 0, length = 0;
    void archive(Archive& ar) { ar(type, request, value, index, length); }
};

namespace usb {
inline constexpr u8 get_status = 0, clear_feature = 1, set_feature = 3, set_address = 5, get_descriptor = 6,
                    get_configuration = 8, set_configuration = 9, get_interface = 10, set_interface = 11;
inline constexpr u8 device_descriptor = 1, configuration_descriptor = 2, string_descriptor = 3;
inline constexpr u8 to_device = 0x00, to_interface = 0x01, to_endpoint = 0x02, from_device = 0x80,
                    from_interface = 0x81, from_endpoint = 0x82;
} // namespace usb

class UsbDevice {
  public:
    /// The largest packet of the control pipe.
    static constexpr std::size_t control_packet = 8;

    virtual ~UsbDevice() = default;

    /// The address that the device answers to, 0-127.
    u8 address() const { return m_control.address; }
    bool configured() const { return m_control.configuration != 0; }
    /// Reset signalling on the bus.
    void bus_reset();

    UsbHandshake setup(std::span<const u8, 8> packet);
    UsbHandshake out(unsigned endpoint, std::span<const u8> data);
    UsbPacket in(unsigned endpoint);

    /// `wake` is called when the device has got something to send, so that a controller need not poll it all the time.
    void set_wake(std::function<void()> wake) { m_wake = std::move(wake); }

  protected:
    /// Empty: there is none. `type` and `index` are the bytes of wValue.
    virtual std::vector<u8> descriptor(u8 type, u8 index) const = 0;
    /// Class requests and those of an interface; `data` is what came with it. The answer (empty if there is nothing to
    /// say), or nothing: STALL.
    virtual std::optional<std::vector<u8>> request(const UsbSetup& setup, std::span<const u8> data) = 0;
    /// An IN transaction of another endpoint than 0, while configured.
    virtual UsbPacket interrupt_in(unsigned endpoint) = 0;
    /// Whether the configuration has the endpoint (bit 7: IN).
    virtual bool has_endpoint(u8 address) const = 0;
    /// SET_CONFIGURATION or a bus reset: back to the defaults of the endpoints.
    virtual void configuration_changed() = 0;

    void wake() const {
        if (m_wake) m_wake();
    }
    bool halted(unsigned endpoint) const { return m_control.halted >> endpoint & 1; }
    void reset_control() { m_control = Control{}; }
    void archive_control(Archive& ar);

  private:
    /// Of the transfer under way on the control pipe: what the host has to do next.
    enum class Stage : u8 { idle, data_in, data_out, status_in, stalled };
    struct Control {
        Stage stage = Stage::idle;
        u8 address = 0;
        u8 next_address = 0; ///< from the end of the status stage on
        u8 configuration = 0;
        u16 halted = 0; ///< endpoints, bits
        UsbSetup setup;
        std::vector<u8> data; ///< what is left to send, or what has come
    };
    std::optional<std::vector<u8>> answer(const UsbSetup& setup, std::span<const u8> data);
    std::optional<std::vector<u8>> device_request(const UsbSetup& setup);
    std::optional<std::vector<u8>> endpoint_request(const UsbSetup& setup);
    void execute(std::span<const u8> data);

    std::function<void()> m_wake;
    Control m_control;
};

} // namespace ringshift
