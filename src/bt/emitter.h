// The assembler with this translator's vocabulary: host registers of guest registers, places in CpuState and Runtime,
// scratch, and marks that say where each emitted instruction comes from. asmjit is included by bt's sources only.
#pragma once

#include "bt/block.h"
#include "bt/options.h"

#include <asmjit/x86.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory_resource>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringshift::bt {

namespace x86 = asmjit::x86;

/// The host register that holds guest register `number`.
inline x86::Gp guest32(unsigned number) { return number == 4 ? x86::r8d : x86::gpd(number); }
inline x86::Gp guest64(unsigned number) { return number == 4 ? x86::r8 : x86::gpq(number); }
inline x86::Gp guest16(unsigned number) { return number == 4 ? x86::r8w : x86::gpw(number); }

inline const x86::Gp state_base = x86::r15;
inline const x86::Gp table_base = x86::r14;
inline const x86::Gp budget_register = x86::r13;

// Places in CpuState. Its layout is plain, but not standard layout for the compiler: the offsets are those of GCC and
// clang.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
inline x86::Mem in_state(std::size_t offset, u32 size) { return x86::Mem(state_base, static_cast<i32>(offset), size); }
#define RINGSHIFT_STATE(field, size) ::ringshift::bt::in_state(offsetof(CpuState, field), size)
inline x86::Mem segment_field(SegmentName name, std::size_t field, u32 size) {
    return in_state(offsetof(CpuState, segments) + static_cast<std::size_t>(name) * sizeof(Segment) + field, size);
}
#pragma GCC diagnostic pop

class Emitter {
  public:
    /// `runtime` and `tlb` as they lie in one Mmu.
    Emitter(const Runtime* runtime, const Mmu::FastTlb* tlb);

    x86::Assembler a;

    /// Starts a new piece of code.
    void begin(bool record);
    /// The code, valid until begin(), with what later() added directly behind the rest. Marks are in offsets of it.
    std::span<u8> finish();
    /// Of the first byte that later() added; after finish().
    u32 cold_offset() const { return m_cold_offset; }
    /// Where the rel32 of jumps between the two parts are; after finish().
    std::span<const u32> crossings() const { return m_crossings; }
    u32 offset() const { return m_cold_offset + static_cast<u32>(a.offset()); }
    u32 offset_of(const asmjit::Label& label) const { return static_cast<u32>(m_code.labelOffsetFromBase(label)); }

    /// What follows belongs to guest instruction `insn` and is there because of `why` (a literal).
    void mark(u32 insn, Provenance provenance, const char* why) {
        if (!m_record) return;
        m_reason = {offset(), static_cast<u16>(insn), provenance, why};
        if (!m_marks.empty() && m_marks.back().offset == offset()) m_marks.pop_back();
        m_marks.push_back(m_reason);
    }
    /// The last mark; to be given to mark() again behind code that has marks of its own.
    Mark reason() const { return m_reason; }
    void mark(const Mark& reason) { mark(reason.insn, reason.provenance, reason.why); }
    std::vector<Mark> take_marks() { return std::move(m_marks); }

    /// Of Runtime from r14.
    i64 runtime_distance() const { return m_runtime_distance; }
    x86::Mem in_runtime(std::size_t field, u32 size) const {
        return x86::Mem(table_base, static_cast<i32>(m_runtime_distance + static_cast<i64>(field)), size);
    }
    /// An element of a table of Runtime, index in `index` with elements of `1 << shift` bytes.
    x86::Mem in_runtime(std::size_t field, const x86::Gp& index, u32 shift, u32 size) const {
        return x86::Mem(table_base, index, shift, static_cast<i32>(m_runtime_distance + static_cast<i64>(field)), size);
    }
    /// An element of one privilege's FastTlb.
    x86::Mem in_tlb(bool user, std::size_t field, const x86::Gp& index, u32 shift, u32 size) const {
        const i64 distance = static_cast<i64>((user ? sizeof(Mmu::FastTlb) : 0) + field) - table_bias;
        return x86::Mem(table_base, index, shift, static_cast<i32>(distance), size);
    }
    /// What goes to the end of the block, out of the way. Run in order by finish().
    template <typename Emit>
    void later(Emit emit) {
        static_assert(std::is_trivially_destructible_v<Emit>, "its memory is simply used again");
        void* const memory = m_cold_memory.allocate(sizeof(Emit), alignof(Emit));
        m_cold.push_back({[](void* it) { (*static_cast<Emit*>(it))(); }, new (memory) Emit(std::move(emit))});
    }

    /// Instrumented code: the next block is entered in this way. To stand in front of every jump to another block.
    void emit_arrival(Level level) { a.mov(in_runtime(offsetof(Runtime, arriving), 8), static_cast<u32>(level)); }
    /// Looks EIP r9 up among the jump targets of the current context. `found` jumps to or calls the code at the memory
    /// operand that it is given; if there is none, control comes out at the end. Destroys r10 to r12, keeps r9.
    void emit_probe(const std::function<void(const x86::Mem& code)>& found);
    /// The same, but control comes out at `miss`.
    void emit_probe_or(const asmjit::Label& miss, const std::function<void(const x86::Mem& code)>& found);

    /// Compares EIP r9 with what entry `own` of own_targets is for; at `other`, rcx is the guest's again. `found` as
    /// above. Destroys r11 and r12.
    void emit_own_target(u32 own, const asmjit::Label& other, const std::function<void(const x86::Mem& code)>& found);

    /// CpuState's registers and flags from the host's, and back. Scratch and r13 are not touched by load_guest() except
    /// r9; store_guest() destroys rax, rcx and the flags.
    void store_guest();
    void load_guest();

  private:
    /// Room for the code of one block, in each of its parts: some hundred bytes for each of its instructions.
    static constexpr std::size_t room = 256 << 10;
    class Errors final : public asmjit::ErrorHandler {
        void handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter*) override;
    };
    /// Gives a section memory that is used for one block after the other.
    static void place(asmjit::Section& section, std::vector<u8>& memory);
    Errors m_errors;
    asmjit::CodeHolder m_code;
    i64 m_runtime_distance;
    bool m_record = false;
    u32 m_cold_offset = 0; ///< 0 until the cold part begins
    std::vector<u8> m_hot_room = std::vector<u8>(room), m_cold_room = std::vector<u8>(room);
    std::vector<u32> m_crossings;
    Mark m_reason;
    std::vector<Mark> m_marks;
    struct Cold {
        void (*run)(void* it);
        void* it;
    };
    std::vector<Cold> m_cold;
    std::array<std::byte, 16 << 10> m_cold_buffer; ///< for what most blocks need
    std::pmr::monotonic_buffer_resource m_cold_memory{m_cold_buffer.data(), m_cold_buffer.size()};
};

} // namespace ringshift::bt
