// The memory of generated code: one mapping is written, another is executed, and no address is ever both.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <memory>
#include <span>

namespace ringshift::bt {

class CodeMemory {
  public:
    /// `size` in bytes, rounded up to pages.
    static Result<std::unique_ptr<CodeMemory>> create(u64 size);
    ~CodeMemory();

    u32 size() const { return m_size; }
    const u8* executable(u32 offset) const { return m_executable + offset; }
    const u8* readable(u32 offset) const { return m_writable + offset; }
    /// The offset of an executable address.
    u32 offset_of(const void* executable) const {
        return static_cast<u32>(static_cast<const u8*>(executable) - m_executable);
    }
    /// Copies code in. Nothing may be executed from what was written before synchronise().
    void publish(u32 offset, std::span<const u8> code);
    /// Adds to the rel32 at `offset`, which was published.
    void relocate(u32 offset, u32 distance);
    /// A rel32 at `offset` that leads to `target`.
    void patch(u32 offset, u32 target);
    /// Serialises instruction fetch with what was written through the other mapping (SDM vol. 3A, 9.1.3); does nothing
    /// if nothing was.
    void synchronise();

  private:
    CodeMemory() = default;
    u8* m_writable = nullptr;
    u8* m_executable = nullptr;
    u32 m_size = 0;
    bool m_written = false;
};

} // namespace ringshift::bt
