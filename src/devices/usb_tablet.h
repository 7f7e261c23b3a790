// A USB tablet: a HID pointer with absolute coordinates, three buttons and a wheel (Device Class Definition for HID
// 1.11; HID Usage Tables 1.12), so that the guest's pointer is where the user's is and need not be captured.
//
// What the user does waits in a short queue until the guest polls the interrupt endpoint: movements with the same
// buttons become one, changes of buttons never get lost.
#pragma once

#include "devices/usb_device.h"

#include <deque>

namespace ringshift {

class UsbTablet final : public Device, public UsbDevice {
  public:
    /// Coordinates reach from 0 to this, on both axes.
    static constexpr i32 extent = 32767;

    explicit UsbTablet(Clock& clock) : m_clock(clock) {}

    /// `x` and `y` from the upper left corner; `wheel` in notches away from the user; `buttons` bits: left, right,
    /// middle.
    void point(i32 x, i32 y, i32 wheel, u8 buttons);
    /// The guest's driver has configured the tablet and polls it.
    bool in_use() const;

    std::string_view name() const override { return "usb-tablet"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    struct Report {
        u16 x = 0, y = 0;
        i8 wheel = 0;
        u8 buttons = 0;
        void archive(Archive& ar) { ar(x, y, wheel, buttons); }
    };
    std::vector<u8> descriptor(u8 type, u8 index) const override;
    std::optional<std::vector<u8>> request(const UsbSetup& setup, std::span<const u8> data) override;
    UsbPacket interrupt_in(unsigned endpoint) override;
    bool has_endpoint(u8 address) const override;
    void configuration_changed() override;
    static std::vector<u8> bytes_of(const Report& report);

    Clock& m_clock;
    struct State {
        Report now;               ///< as sent last
        std::deque<Report> queue; ///< not yet sent
        u8 idle = 0;              ///< in 4 ms: a report is repeated after so long; 0: never (HID 7.2.4)
        u8 protocol = 1;
        u64 sent_at = 0; ///< ns
        bool polled = false;
        u64 polled_at = 0; ///< ns
    } m_state;
};

} // namespace ringshift
