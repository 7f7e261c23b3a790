// A scripted session: waits for text on the serial port or the screen, types, sends.
#pragma once

#include "frontend/options.h"

#include <memory>
#include <regex.h>
#include <string>
#include <vector>

namespace ringshift {

class Machine;

class Script {
  public:
    explicit Script(std::vector<ScriptStep> steps);
    ~Script();
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    /// What the first serial port says.
    void serial_output(u8 byte);
    /// Goes on as far as possible; on the thread of Machine::run(), at every tick.
    void advance(Machine& machine);
    /// The last step was an expectation, and it has been met.
    bool satisfied() const { return m_satisfied; }
    /// The expression that is being waited for, or empty.
    std::string waiting_for() const;

  private:
    void prepare();
    bool matches(Machine& machine);
    void step_done();

    std::vector<ScriptStep> m_steps;
    std::size_t m_next = 0;
    bool m_satisfied = false;
    regex_t m_expression{};
    bool m_has_expression = false;
    std::string m_serial; ///< what no expectation has used up yet
    bool m_serial_is_new = false;
};

} // namespace ringshift
