// The interpreter, but after a given number of instructions something goes wrong: for tests of what compares engines.
#pragma once

#include "cpu/interp/interpreter.h"

#include <functional>

namespace ringshift {

class FaultyEngine final : public Engine {
  public:
    using Fault = std::function<void(Cpu&)>;
    /// `fault` happens once, after `when` instructions; `between_blocks`: not in a run that stops after each block.
    FaultyEngine(Cpu& cpu, u64 when, Fault fault, bool between_blocks = false)
        : m_cpu(cpu), m_inner(make_interpreter(cpu)), m_when(when), m_fault(std::move(fault)),
          m_between_blocks(between_blocks) {}

    std::string_view name() const override { return "faulty"; }
    void invalidate_all() override { m_inner->invalidate_all(); }
    void set_one_block(bool on) override { m_one_block = on; }
    void set_debug_control(DebugControl control) override { m_inner->set_debug_control(std::move(control)); }
    std::string describe_code(LinearAddr address, const CodeView&) override {
        return fmt::format("code at {:x}\n", address.value);
    }

    Exit run(i64 instructions) override {
        i64 left = instructions;
        for (;;) {
            const bool near = !m_done && m_retired + static_cast<u64>(left) >= m_when;
            m_inner->set_one_block(near || m_one_block);
            const Exit exit = m_inner->run(left);
            const i64 now_left = m_cpu.state.budget + m_cpu.state.budget_reserve;
            m_retired += static_cast<u64>(left - now_left);
            left = now_left;
            if (!m_done && m_retired >= m_when) {
                m_done = true;
                if (!m_one_block || !m_between_blocks) m_fault(m_cpu);
            }
            if (exit != Exit::budget || left <= 0 || m_one_block) return exit;
        }
    }

  private:
    Cpu& m_cpu;
    std::unique_ptr<Engine> m_inner;
    u64 m_when;
    Fault m_fault;
    bool m_between_blocks;
    u64 m_retired = 0;
    bool m_done = false;
    bool m_one_block = false;
};

} // namespace ringshift
