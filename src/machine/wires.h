// Interrupt wires between devices and controllers.
#pragma once

#include "base/device.h"

#include <deque>
#include <vector>

namespace ringshift {

/// A wire with several drivers and several ends: high while any driver holds it.
class SharedWire {
  public:
    /// For the constructor of the board: a new driver, and a new end.
    IrqLine& add_driver();
    void connect(IrqLine& end) { m_ends.push_back(&end); }

    /// All drivers let go, and the ends are told.
    void reset();
    /// The levels; the ends archive what they have seen themselves.
    void archive(Archive& ar);

  private:
    struct Driver final : IrqLine {
        SharedWire* wire = nullptr;
        bool level = false;
        void set(bool new_level) override {
            level = new_level;
            wire->update();
        }
    };
    void update();

    std::deque<Driver> m_drivers; // addresses stay
    std::vector<IrqLine*> m_ends;
    bool m_level = false;
};

/// An end, or a driver, that is a function.
class FunctionLine final : public IrqLine {
  public:
    explicit FunctionLine(std::function<void(bool)> set) : m_set(std::move(set)) {}
    void set(bool level) override { m_set(level); }

  private:
    std::function<void(bool)> m_set;
};

/// How a PC reports x87 errors when CR0.NE is 0 (SDM vol. 1, 8.7 and appendix D): FERR# raises IRQ 13; a write to port
/// F0 takes it back and lets waiting x87 instructions go on (IGNNE#) until FERR# falls.
class NumericErrorLatch {
  public:
    explicit NumericErrorLatch(IrqLine& irq13);

    void set_ferr(bool level);
    bool ignne() const { return m_state.ignne; }
    RegisterBlock& ports() { return m_ports; } ///< F0-F1

    void reset();
    void archive(Archive& ar);

  private:
    void acknowledge();

    IrqLine& m_irq;
    FunctionRegisters m_ports;
    struct State {
        bool ferr = false;
        bool ignne = false;
    } m_state;
};

} // namespace ringshift
