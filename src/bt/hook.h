// Lists that run through their elements: joining and leaving cost the same however long the list is, and whoever leaves
// need not know which list it is in.
#pragma once

namespace ringshift::bt {

/// A place in one list. Elements in a list, and lists that have elements, stay where they are in memory.
template <typename T>
struct Hook {
    T* next = nullptr;
    T** place = nullptr; ///< what points at this element; null: in no list
};

template <typename T, Hook<T> T::*hook>
class List {
  public:
    T* first() const { return m_first; }
    bool empty() const { return m_first == nullptr; }
    void add(T& item) {
        Hook<T>& h = item.*hook;
        h = {m_first, &m_first};
        if (m_first) (m_first->*hook).place = &h.next;
        m_first = &item;
    }
    /// From whichever list it is in, if any.
    static void remove(T& item) {
        Hook<T>& h = item.*hook;
        if (!h.place) return;
        *h.place = h.next;
        if (h.next) (h.next->*hook).place = h.place;
        h = {};
    }
    template <typename Function>
    void for_each(Function function) const {
        for (T* item = m_first; item; item = (item->*hook).next) function(*item);
    }
    /// Calls `function` with each element, which has left the list.
    template <typename Function>
    void drain(Function function) {
        while (T* item = m_first) {
            remove(*item);
            function(*item);
        }
    }

  private:
    T* m_first = nullptr;
};

} // namespace ringshift::bt
