#include "machine/wires.h"

#include <algorithm>

namespace ringshift {

IrqLine& SharedWire::add_driver() {
    m_drivers.emplace_back().wire = this;
    return m_drivers.back();
}

void SharedWire::update() {
    const bool level = std::any_of(m_drivers.begin(), m_drivers.end(), [](const Driver& d) { return d.level; });
    if (level == m_level) return;
    m_level = level;
    for (IrqLine* end : m_ends) end->set(level);
}

void SharedWire::reset() {
    for (Driver& driver : m_drivers) driver.level = false;
    update();
}

void SharedWire::archive(Archive& ar) {
    for (Driver& driver : m_drivers) ar(driver.level);
    if (ar.is_loading())
        m_level = std::any_of(m_drivers.begin(), m_drivers.end(), [](const Driver& d) { return d.level; });
}

NumericErrorLatch::NumericErrorLatch(IrqLine& irq13)
    : m_irq(irq13), m_ports([](u64, unsigned) { return ~u64{0}; }, [this](u64, unsigned, u64) { acknowledge(); }) {}

void NumericErrorLatch::set_ferr(bool level) {
    if (level && !m_state.ferr) m_irq.set(true);
    if (!level) m_state.ignne = false;
    m_state.ferr = level;
}

void NumericErrorLatch::acknowledge() {
    m_irq.set(false);
    if (m_state.ferr) m_state.ignne = true;
}

void NumericErrorLatch::reset() { m_state = {}; }

void NumericErrorLatch::archive(Archive& ar) { ar(m_state.ferr, m_state.ignne); }

} // namespace ringshift
