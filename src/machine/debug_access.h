// The Debugger on a Cpu and its engine.
#pragma once

#include "cpu/engine.h"
#include "machine/debugger.h"

namespace ringshift {

class DebugAccess final : public Debugger {
  public:
    DebugAccess(Cpu& cpu, Engine& engine) : m_cpu(cpu), m_engine(engine) {}

    DebugRegisters registers() override;
    void set_registers(const DebugRegisters& registers) override;
    std::size_t read_memory(u32 address, std::span<u8> out) override;
    std::size_t write_memory(u32 address, std::span<const u8> in) override;
    void set_breakpoints(std::vector<u32> addresses) override;
    void set_watches(std::vector<Watch> watches) override;
    void step_on_resume() override;
    std::optional<Watch> hit() const override;

    /// The guest is about to run on from where it was paused.
    void note_resume();
    /// The engine has left with Exit::breakpoint.
    void note_stop();

  private:
    void update_engine();

    Cpu& m_cpu;
    Engine& m_engine;
    DebugControl m_control;
};

} // namespace ringshift
