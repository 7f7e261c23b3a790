// The bytes that a PS/2 device has for its controller: bounded, answers to commands before what the user does.
#pragma once

#include "base/archive.h"

#include <deque>
#include <initializer_list>

namespace ringshift {

class Ps2Queue {
  public:
    /// `capacity` bytes of events; answers have a bound of their own that a device which is obeyed never reaches.
    explicit Ps2Queue(std::size_t capacity) : m_capacity(capacity) {}

    bool empty() const { return m_answers.empty() && m_events.empty(); }
    std::size_t event_room() const { return m_capacity - m_events.size(); }
    std::size_t events() const { return m_events.size(); }
    /// All bytes or, without room, none: half a scan code would be another key.
    bool add_event(std::initializer_list<u8> bytes) {
        if (bytes.size() > event_room()) return false;
        m_events.insert(m_events.end(), bytes);
        return true;
    }
    void answer(u8 byte) {
        if (m_answers.size() < answer_capacity) m_answers.push_back(byte);
    }
    /// The next byte; the queue is not empty.
    u8 take() {
        std::deque<u8>& from = m_answers.empty() ? m_events : m_answers;
        const u8 byte = from.front();
        from.pop_front();
        return byte;
    }
    void clear_events() { m_events.clear(); }
    void clear() {
        m_answers.clear();
        m_events.clear();
    }
    void archive(Archive& ar) {
        ar(m_answers, m_events);
        ar.check(m_answers.size() <= answer_capacity && m_events.size() <= m_capacity, "PS/2 queue");
    }

  private:
    static constexpr std::size_t answer_capacity = 16;
    std::size_t m_capacity;
    std::deque<u8> m_answers;
    std::deque<u8> m_events;
};

} // namespace ringshift
