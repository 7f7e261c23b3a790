// Input for the guest: keys and mouse movements at once, texts key by key at a pace of virtual time.
#pragma once

#include "devices/i8042.h"
#include "devices/usb_tablet.h"
#include "machine/input.h"

#include <deque>

namespace ringshift {

class Typist final : public Input {
  public:
    /// `tablet`: or null.
    Typist(class Timeline& timeline, I8042& keyboard, UsbTablet* tablet);

    void key(Key key, bool down) override;
    void type(const std::vector<Chord>& chords) override;
    bool typed() const override { return m_events.empty(); }
    void mouse(int dx, int dy, int wheel, u8 buttons) override;
    bool can_point() const override { return m_tablet != nullptr && m_tablet->in_use(); }
    void point(int x, int y, int wheel, u8 buttons) override;

  private:
    struct Event {
        Key key;
        bool down;
    };
    void next();

    Timeline& m_timeline;
    I8042& m_keyboard;
    UsbTablet* m_tablet;
    TimerId m_timer;
    std::deque<Event> m_events;
    u8 m_buttons = 0;
};

} // namespace ringshift
