// Which address space has the window at home, where no segment's base has to be added to each address (windows.cpp).
//
// There is one for all of them, and moving costs what has to be mapped again, and translated. So an address space gets
// it with its first window if whoever lives there has done little lately, as when its process has ended or waits; and
// later if it has done several times as much as the one at home. Work is counted in periods, and of what was done
// before one half counts: two processes that take turns do not take turns at this.
#include "mmu/mmu.h"

#include <algorithm>
#include <utility>

namespace ringshift {

namespace {
// In entries into blocks: a period is some tens of milliseconds.
constexpr u64 period = 8u << 20, little = period, times_as_much = 4;
constexpr u64 most_work = 4u << 20; ///< that misses can use up
} // namespace

void Mmu::add_window_work(u64 work, bool may_be_home) {
    Space& space = m_spaces[m_space];
    space.work = std::min(space.work + work, most_work);
    if (!m_home || !may_be_home) return;
    space.lately += work;
    m_work_in_period += work;
    if (m_work_in_period < period) return;
    m_work_in_period = 0;
    const bool at_home = m_at_home && m_at_home->space == m_space;
    if (!at_home && space.asked[true] &&
        (!m_at_home || m_spaces[m_at_home->space].lately * times_as_much < space.lately))
        move_home(true);
    for (Space& each : m_spaces) each.lately /= 2;
}

void Mmu::ask_for_home(bool user) {
    Space& space = m_spaces[m_space];
    space.asked[user] = true;
    const bool at_home = m_at_home && m_at_home->space == m_space;
    if (!at_home && (!m_at_home || m_spaces[m_at_home->space].lately < little)) move_home(user);
}

/// The current address space's window is the one at home from now on.
void Mmu::move_home(bool user) {
    m_windows->clear(*m_home);
    if (m_at_home) {
        Space& former = m_spaces[m_at_home->space];
        former.windows[m_at_home->user] = std::exchange(former.elsewhere[m_at_home->user], std::nullopt);
    }
    Space& space = m_spaces[m_space];
    if (space.windows[user]) m_windows->clear(*space.windows[user]);
    space.elsewhere[user] = std::exchange(space.windows[user], m_home);
    m_at_home = Tenant{m_space, user};
}

} // namespace ringshift
