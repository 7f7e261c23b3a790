#include "frontend/script.h"

#include "machine/machine.h"

namespace ringshift {

namespace {
/// An expectation looks back this far on the serial port.
constexpr std::size_t serial_memory = 64 * 1024;
} // namespace

Script::Script(std::vector<ScriptStep> steps) : m_steps(std::move(steps)) { prepare(); }

Script::~Script() {
    if (m_has_expression) ::regfree(&m_expression);
}

/// Compiles the expression of the next step; it was checked when the command line was read.
void Script::prepare() {
    if (m_has_expression) ::regfree(&m_expression);
    m_has_expression = m_next < m_steps.size() && m_steps[m_next].kind == ScriptStep::Kind::expect;
    if (m_has_expression) {
        const int error = ::regcomp(&m_expression, m_steps[m_next].text.c_str(), REG_EXTENDED | REG_NEWLINE);
        ASSERT(error == 0);
    }
    m_serial_is_new = true;
}

void Script::serial_output(u8 byte) {
    if (m_steps.empty() || byte == 0 || byte == '\r') return;
    if (m_serial.size() >= 2 * serial_memory) m_serial.erase(0, m_serial.size() - serial_memory);
    m_serial.push_back(static_cast<char>(byte));
    m_serial_is_new = true;
}

bool Script::matches(Machine& machine) {
    regmatch_t match{};
    if (std::exchange(m_serial_is_new, false) && ::regexec(&m_expression, m_serial.c_str(), 1, &match, 0) == 0) {
        m_serial.erase(0, static_cast<std::size_t>(match.rm_eo));
        return true;
    }
    const auto screen = machine.capture_text();
    return screen && ::regexec(&m_expression, screen->text().c_str(), 1, &match, 0) == 0;
}

void Script::step_done() {
    m_satisfied = m_steps[m_next].kind == ScriptStep::Kind::expect && m_next + 1 == m_steps.size();
    ++m_next;
    prepare();
}

void Script::advance(Machine& machine) {
    while (m_next < m_steps.size()) {
        const ScriptStep& step = m_steps[m_next];
        switch (step.kind) {
        case ScriptStep::Kind::expect:
            if (!matches(machine)) return;
            break;
        case ScriptStep::Kind::type:
            if (!machine.input().typed()) return;
            machine.input().type(step.chords);
            break;
        case ScriptStep::Kind::send:
            if (machine.serial_room(0) < step.text.size()) return;
            machine.serial_input(0, std::span(reinterpret_cast<const u8*>(step.text.data()), step.text.size()));
            break;
        }
        step_done();
    }
}

std::string Script::waiting_for() const {
    return m_next < m_steps.size() && m_steps[m_next].kind == ScriptStep::Kind::expect ? m_steps[m_next].text : "";
}

} // namespace ringshift
