// The fixed pieces of generated code: the way in, the ways out, and the call of a handler.
#pragma once

#include "bt/code_cache.h"
#include "bt/emitter.h"
#include "bt/return_stack.h"

namespace ringshift::bt {

class Stubs {
  public:
    static Result<std::unique_ptr<Stubs>> create(Cpu& cpu, Emitter& emitter, Runtime& runtime, const Options& options);
    /// Runs generated code from Runtime::code with `counter` as r13 until it leaves; Runtime says how.
    void enter(i64 counter) const { m_enter(counter); }

  private:
    std::unique_ptr<CodeMemory> m_memory;
    std::unique_ptr<ReturnStack> m_returns;
    void (*m_enter)(i64 counter) = nullptr;
};

} // namespace ringshift::bt
