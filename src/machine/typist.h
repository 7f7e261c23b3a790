// Input for the guest: keys and mouse movements at once, texts key by key at a pace of virtual time.
#pragma once

#include "devices/i8042.h"
#include "machine/input.h"

#include <deque>

namespace ringshift {

class Typist final : public Input {
  public:
    Typist(class Timeline& timeline, I8042& keyboard);

    void key(Key key, bool down) override;
    void type(const std::vector<Chord>& chords) override;
    bool typed() const override { return m_events.empty(); }
    void mouse(int dx, int dy, int wheel, u8 buttons) override;

  private:
    struct Event {
        Key key;
        bool down;
    };
    void next();

    Timeline& m_timeline;
    I8042& m_keyboard;
    TimerId m_timer;
    std::deque<Event> m_events;
    u8 m_buttons = 0;
};

} // namespace ringshift
