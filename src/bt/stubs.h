// The fixed pieces of generated code: the way in, the ways out, and the call of a handler.
#pragma once

#include "bt/code_cache.h"
#include "bt/emitter.h"
#include "bt/return_stack.h"

namespace ringshift::bt {

/// What is asked when generated code has left a block: returns the code to go on in, with Runtime as for
/// Stubs::enter(), or null. No function: nobody is asked.
struct GoOn {
    const u8* (*function)(void* engine) = nullptr;
    void* engine = nullptr;
};

/// What is asked for the site of a call that has not been made lately; `behind`: the address behind it.
struct FindSite {
    Site* (*function)(void* engine, u64 behind) = nullptr;
    void* engine = nullptr;
};

class Stubs {
  public:
    static Result<std::unique_ptr<Stubs>> create(Cpu& cpu, Emitter& emitter, Runtime& runtime, const Options& options,
                                                 FindSite find_site, GoOn go_on);
    /// Runs generated code from Runtime::code with Runtime::counter as r13, on the return stack at Runtime::return_top,
    /// until it leaves; Runtime says how.
    void enter() const { m_enter(); }
    /// Where a return stack begins: the supervisor's or the user's.
    u64 empty_return_stack(bool user) const { return m_empty[user]; }

  private:
    std::unique_ptr<CodeMemory> m_memory;
    std::array<std::unique_ptr<ReturnStack>, 2> m_returns;
    std::array<u64, 2> m_empty{};
    void (*m_enter)() = nullptr;
};

} // namespace ringshift::bt
