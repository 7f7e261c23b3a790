// String instructions: MOVS, STOS, LODS, CMPS, SCAS, INS, OUTS, plain and repeated (SDM vol. 2B, REP).
//
// A repeated instruction commits registers after every element, so that a fault or an interrupt finds RIP at the
// instruction and the registers at the next element. It counts one instruction for each element and yields when the
// budget is used up: then it leaves RIP where it is and is entered again.
//
// Most elements are not done one by one: a run of elements that lies in one page on each side, whose pages have host
// addresses, and which does not run into itself, is done at once. Runs end where the budget ends, so nobody can tell.
#include "cpu/interp/host_alu.h"
#include "cpu/interp/operands.h"

#include <algorithm>

namespace ringshift {

namespace {

/// What the element loop needs of the processor, for one instruction.
struct StringContext {
    Cpu& cpu;
    const Insn& insn;

    bool wide() const { return insn.address_size == 4; }
    u32 get(Gpr r) const { return wide() ? cpu.state.reg<u32>(r) : cpu.state.reg<u16>(r); }
    void set(Gpr r, u32 value) const {
        if (wide())
            cpu.state.set_reg<u32>(r, value);
        else
            cpu.state.set_reg<u16>(r, static_cast<u16>(value));
    }
    bool backward() const { return cpu.state.system_flags & flag::df; }
    u32 step(unsigned size) const { return backward() ? 0u - size : size; }
    void advance(Gpr r, u32 by) const { set(r, get(r) + by); }
    /// Elements from `offset` upward that stay in the segment, in the page and below the end of the address size.
    u64 run_length(SegmentName name, u32 offset, unsigned size, bool write) const {
        if (!cpu.string_runs) return 0;
        const Segment& s = cpu.state.segment(name);
        const i64 span = write ? s.write_span : s.read_span;
        const i64 first = static_cast<u32>(offset - s.low);
        if (first + size - 1 > span) return 0;
        u64 bytes = page_size - static_cast<u32>(s.base + offset) % page_size;
        bytes = std::min<u64>(bytes, (wide() ? 0x100000000ull : 0x10000ull) - offset);
        if (span != Segment::flat_span) bytes = std::min<u64>(bytes, static_cast<u64>(span - first) + 1);
        return bytes / size;
    }
    LinearAddr linear(SegmentName name, u32 offset) const {
        return LinearAddr(static_cast<u32>(cpu.state.segment(name).base + offset));
    }
    bool user() const { return cpu.state.cpl == 3; }
    /// Nobody wants to see single accesses: no watchpoint, no data breakpoint, no alignment checking.
    bool unobserved() const {
        return !cpu.mmu.always_slow() && cpu.watchpoints.empty() && (cpu.state.dr[7] & 0xFF) == 0;
    }
};

// Each operation does one element with one(), and up to `limit` elements with run(), which returns how many it did
// (zero: do one() instead) and whether a comparison ended the repetition.
struct RunResult {
    u64 done = 0;
    bool ended = false;
};

/// Stores `n` elements by the host's own instruction.
template <typename T>
void fill_elements(u8* target, T value, u64 n) {
    if constexpr (sizeof(T) == 1) asm volatile("rep stosb" : "+D"(target), "+c"(n) : "a"(value) : "memory");
    if constexpr (sizeof(T) == 2) asm volatile("rep stosw" : "+D"(target), "+c"(n) : "a"(value) : "memory");
    if constexpr (sizeof(T) == 4) asm volatile("rep stosl" : "+D"(target), "+c"(n) : "a"(value) : "memory");
}

/// Compares up to `n` elements (at least one), as long as they are equal or as long as they are not; returns how many
/// it has looked at.
template <typename T>
u64 compare_elements(const u8* left, const u8* right, u64 n, bool while_equal) {
    const u64 all = n;
#define RINGSHIFT_COMPARE(suffix)                                                                                      \
    if (while_equal)                                                                                                   \
        asm volatile("repe cmps" suffix : "+S"(left), "+D"(right), "+c"(n) : : "cc", "memory");                        \
    else                                                                                                               \
        asm volatile("repne cmps" suffix : "+S"(left), "+D"(right), "+c"(n) : : "cc", "memory")
    if constexpr (sizeof(T) == 1) {
        RINGSHIFT_COMPARE("b");
    }
    if constexpr (sizeof(T) == 2) {
        RINGSHIFT_COMPARE("w");
    }
    if constexpr (sizeof(T) == 4) {
        RINGSHIFT_COMPARE("l");
    }
#undef RINGSHIFT_COMPARE
    return all - n;
}

/// The same with one value on the left.
template <typename T>
u64 scan_elements(T left, const u8* right, u64 n, bool while_equal) {
    const u64 all = n;
#define RINGSHIFT_SCAN(suffix)                                                                                         \
    if (while_equal)                                                                                                   \
        asm volatile("repe scas" suffix : "+D"(right), "+c"(n) : "a"(left) : "cc", "memory");                          \
    else                                                                                                               \
        asm volatile("repne scas" suffix : "+D"(right), "+c"(n) : "a"(left) : "cc", "memory")
    if constexpr (sizeof(T) == 1) {
        RINGSHIFT_SCAN("b");
    }
    if constexpr (sizeof(T) == 2) {
        RINGSHIFT_SCAN("w");
    }
    if constexpr (sizeof(T) == 4) {
        RINGSHIFT_SCAN("l");
    }
#undef RINGSHIFT_SCAN
    return all - n;
}

/// Registers of a device see every access of the guest's own size.
bool is_device_memory(StringContext c, PhysAddr address) {
    const MmioHandler* handler = c.cpu.mmu.memory().frame(address).handler;
    return handler && handler->is_memory();
}

template <typename T>
struct Movs {
    static constexpr bool compares = false;
    static Maybe<void> one(StringContext c) {
        const T value = GUEST_TRY(c.cpu.read<T>(c.insn.memory.segment, c.get(Gpr::si)));
        GUEST_TRY(c.cpu.write<T>(SegmentName::es, c.get(Gpr::di), value));
        c.advance(Gpr::si, c.step(sizeof(T)));
        c.advance(Gpr::di, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext c, u64 limit) {
        const u32 from = c.get(Gpr::si), to = c.get(Gpr::di);
        u64 n = std::min(limit, c.run_length(c.insn.memory.segment, from, sizeof(T), false));
        n = std::min(n, c.run_length(SegmentName::es, to, sizeof(T), true));
        if (n < 2) return {};
        const u8* source = c.cpu.mmu.fast_read(c.linear(c.insn.memory.segment, from), 1, c.user());
        if (!source) return {};
        const LinearAddr destination = c.linear(SegmentName::es, to);
        if (u8* target = c.cpu.mmu.fast_write(destination, 1, c.user())) {
            const auto distance = static_cast<u64>(target - source); // wraps if the target is below
            if (distance < sizeof(T)) return {};
            if (distance >= n * sizeof(T)) {
                std::memmove(target, source, n * sizeof(T));
            } else { // the run feeds itself: element by element, in order
                for (u64 i = 0; i < n * sizeof(T); i += sizeof(T)) {
                    T value;
                    std::memcpy(&value, source + i, sizeof value);
                    std::memcpy(target + i, &value, sizeof value);
                }
            }
        } else {
            // Video memory: one block transfer.
            const Translation t = c.cpu.mmu.translate(destination, {AccessKind::Write, c.cpu.data_privilege()});
            c.cpu.mmu.note_long_write(destination, n * sizeof(T), c.user());
            if (!t.ok || !c.unobserved() || !is_device_memory(c, t.address)) return {};
            c.cpu.mmu.memory().write(t.address, {source, n * sizeof(T)});
        }
        c.advance(Gpr::si, static_cast<u32>(n * sizeof(T)));
        c.advance(Gpr::di, static_cast<u32>(n * sizeof(T)));
        return {n};
    }
};

template <typename T>
struct Stos {
    static constexpr bool compares = false;
    static Maybe<void> one(StringContext c) {
        GUEST_TRY(c.cpu.write<T>(SegmentName::es, c.get(Gpr::di), c.cpu.state.reg<T>(Gpr::ax)));
        c.advance(Gpr::di, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext c, u64 limit) {
        const u32 to = c.get(Gpr::di);
        const u64 n = std::min(limit, c.run_length(SegmentName::es, to, sizeof(T), true));
        if (n < 2) return {};
        const T value = c.cpu.state.reg<T>(Gpr::ax);
        const LinearAddr destination = c.linear(SegmentName::es, to);
        if (u8* target = c.cpu.mmu.fast_write(destination, 1, c.user())) {
            fill_elements<T>(target, value, n);
        } else {
            const Translation t = c.cpu.mmu.translate(destination, {AccessKind::Write, c.cpu.data_privilege()});
            c.cpu.mmu.note_long_write(destination, n * sizeof(T), c.user());
            if (!t.ok || !c.unobserved() || !is_device_memory(c, t.address)) return {};
            std::array<u8, page_size> block;
            fill_elements<T>(block.data(), value, n);
            c.cpu.mmu.memory().write(t.address, std::span(block).first(n * sizeof(T)));
        }
        c.advance(Gpr::di, static_cast<u32>(n * sizeof(T)));
        return {n};
    }
};

template <typename T>
struct Lods {
    static constexpr bool compares = false;
    static Maybe<void> one(StringContext c) {
        c.cpu.state.set_reg<T>(Gpr::ax, GUEST_TRY(c.cpu.read<T>(c.insn.memory.segment, c.get(Gpr::si))));
        c.advance(Gpr::si, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext, u64) { return {}; }
};

/// Whether a REPE or REPNE comparison goes on.
bool goes_on(const StringContext& c) {
    const bool equal = c.cpu.state.arithmetic_flags & flag::zf;
    return equal == (c.insn.repeat == RepeatPrefix::rep);
}

template <typename T>
struct Cmps {
    static constexpr bool compares = true;
    static Maybe<void> one(StringContext c) {
        const T a = GUEST_TRY(c.cpu.read<T>(c.insn.memory.segment, c.get(Gpr::si)));
        const T b = GUEST_TRY(c.cpu.read<T>(SegmentName::es, c.get(Gpr::di)));
        host::sub<T>(a, b, c.cpu.state.arithmetic_flags);
        c.advance(Gpr::si, c.step(sizeof(T)));
        c.advance(Gpr::di, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext c, u64 limit) {
        const u32 from = c.get(Gpr::si), to = c.get(Gpr::di);
        u64 n = std::min(limit, c.run_length(c.insn.memory.segment, from, sizeof(T), false));
        n = std::min(n, c.run_length(SegmentName::es, to, sizeof(T), false));
        if (n < 2) return {};
        const u8* left = c.cpu.mmu.fast_read(c.linear(c.insn.memory.segment, from), 1, c.user());
        const u8* right = c.cpu.mmu.fast_read(c.linear(SegmentName::es, to), 1, c.user());
        if (!left || !right) return {};
        const bool while_equal = c.insn.repeat == RepeatPrefix::rep;
        const u64 done = compare_elements<T>(left, right, n, while_equal);
        T a{}, b{};
        std::memcpy(&a, left + (done - 1) * sizeof(T), sizeof(T));
        std::memcpy(&b, right + (done - 1) * sizeof(T), sizeof(T));
        host::sub<T>(a, b, c.cpu.state.arithmetic_flags);
        c.advance(Gpr::si, static_cast<u32>(done * sizeof(T)));
        c.advance(Gpr::di, static_cast<u32>(done * sizeof(T)));
        return {done, (a == b) != while_equal};
    }
};

template <typename T>
struct Scas {
    static constexpr bool compares = true;
    static Maybe<void> one(StringContext c) {
        const T b = GUEST_TRY(c.cpu.read<T>(SegmentName::es, c.get(Gpr::di)));
        host::sub<T>(c.cpu.state.reg<T>(Gpr::ax), b, c.cpu.state.arithmetic_flags);
        c.advance(Gpr::di, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext c, u64 limit) {
        const u32 to = c.get(Gpr::di);
        const u64 n = std::min(limit, c.run_length(SegmentName::es, to, sizeof(T), false));
        if (n < 2) return {};
        const u8* right = c.cpu.mmu.fast_read(c.linear(SegmentName::es, to), 1, c.user());
        if (!right) return {};
        const bool while_equal = c.insn.repeat == RepeatPrefix::rep;
        const T a = c.cpu.state.reg<T>(Gpr::ax);
        const u64 done = scan_elements<T>(a, right, n, while_equal);
        T b{};
        std::memcpy(&b, right + (done - 1) * sizeof(T), sizeof(T));
        host::sub<T>(a, b, c.cpu.state.arithmetic_flags);
        c.advance(Gpr::di, static_cast<u32>(done * sizeof(T)));
        return {done, (a == b) != while_equal};
    }
};

u16 port_of(const StringContext& c) { return c.cpu.state.reg<u16>(Gpr::dx); }

/// In elements.
template <typename T>
u64 port_room(const StringContext& c) {
    return c.cpu.platform.block_room(port_of(c), sizeof(T)) / sizeof(T);
}

template <typename T>
struct Ins {
    static constexpr bool compares = false;
    /// The destination is checked before the port is read: reading may have effects.
    static Maybe<void> one(StringContext c) {
        GUEST_TRY(c.cpu.check_io(port_of(c), sizeof(T)));
        const u32 to = c.get(Gpr::di);
        const LinearAddr address = GUEST_TRY(c.cpu.linear(SegmentName::es, to, sizeof(T), AccessKind::Write));
        GUEST_TRY(c.cpu.check_access(address, sizeof(T), {AccessKind::Write, c.cpu.data_privilege()}));
        const T value = static_cast<T>(c.cpu.platform.in(port_of(c), sizeof(T)));
        c.cpu.note_port_access(port_of(c), sizeof(T));
        GUEST_TRY(c.cpu.write<T>(SegmentName::es, to, value));
        c.advance(Gpr::di, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext c, u64 limit) {
        const u32 to = c.get(Gpr::di);
        const u64 n = std::min({limit, c.run_length(SegmentName::es, to, sizeof(T), true), port_room<T>(c)});
        if (n < 2 || !c.cpu.check_io(port_of(c), sizeof(T)).ok) return {};
        u8* target = c.cpu.mmu.fast_write(c.linear(SegmentName::es, to), 1, c.user());
        if (!target) return {};
        c.cpu.platform.in_block(port_of(c), sizeof(T), {target, n * sizeof(T)});
        c.advance(Gpr::di, static_cast<u32>(n * sizeof(T)));
        return {n};
    }
};

template <typename T>
struct Outs {
    static constexpr bool compares = false;
    static Maybe<void> one(StringContext c) {
        GUEST_TRY(c.cpu.check_io(port_of(c), sizeof(T)));
        const T value = GUEST_TRY(c.cpu.read<T>(c.insn.memory.segment, c.get(Gpr::si)));
        c.cpu.platform.out(port_of(c), sizeof(T), value);
        c.cpu.note_port_access(port_of(c), sizeof(T));
        c.advance(Gpr::si, c.step(sizeof(T)));
        return {};
    }
    static RunResult run(StringContext c, u64 limit) {
        const u32 from = c.get(Gpr::si);
        const u64 n = std::min({limit, c.run_length(c.insn.memory.segment, from, sizeof(T), false), port_room<T>(c)});
        if (n < 2 || !c.cpu.check_io(port_of(c), sizeof(T)).ok) return {};
        const u8* source = c.cpu.mmu.fast_read(c.linear(c.insn.memory.segment, from), 1, c.user());
        if (!source) return {};
        c.cpu.platform.out_block(port_of(c), sizeof(T), {source, n * sizeof(T)});
        c.advance(Gpr::si, static_cast<u32>(n * sizeof(T)));
        return {n};
    }
};

template <typename Operation>
Step plain(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(Operation::one({cpu, insn}));
    return Flow::next;
}

template <typename Operation>
Step repeated(Cpu& cpu, const Insn& insn) {
    const StringContext c{cpu, insn};
    CpuState& state = cpu.state;
    u32 count = c.get(Gpr::cx);
    const auto flags = state.arithmetic_flags;
    if (count == 0) return Flow::next;
    for (;;) {
        RunResult result{};
        if (!c.backward() && count > 1 && state.budget > 1)
            result = Operation::run(c, std::min<u64>(count, static_cast<u64>(state.budget)));
        if (result.done == 0) {
            const Maybe<void> done = Operation::one(c);
            if (!done.ok) { // a comparison's flags are then as before it (SDM vol. 2B, REP)
                state.arithmetic_flags = flags;
                return Raised{};
            }
            result.done = 1;
            if constexpr (Operation::compares) result.ended = !goes_on(c);
        }
        count -= static_cast<u32>(result.done);
        c.set(Gpr::cx, count);
        state.budget -= static_cast<i64>(result.done) - 1; // the loop counts the last one
        if (count == 0 || result.ended) return Flow::next;
        if (state.budget <= 1) { // yield: RIP stays
            // What comes in between finds RF in its EFLAGS image, so that a breakpoint on the instruction is not hit
            // again when it goes on (SDM vol. 3B, 17.3.1.1).
            state.system_flags |= flag::rf;
            return Flow::branch;
        }
        --state.budget;
    }
}

template <template <typename> typename Operation>
Handler select_string(const Insn& insn) {
    if (insn.opcode_map != 0) return nullptr; // MOVSD and CMPSD of SSE2 come from their own section
    return by_size(insn.element_size, [&]<typename T>() -> Handler {
        return insn.repeat == RepeatPrefix::none ? plain<Operation<T>> : repeated<Operation<T>>;
    });
}

} // namespace

namespace select {
Handler movsd_xmm(const Insn& insn); // interp/fpu/simd_move.cpp

// MOVSD and CMPSD are also SSE2 instructions.
Handler movs(const Insn& insn) { return insn.opcode_map == 1 ? movsd_xmm(insn) : select_string<Movs>(insn); }
Handler stos(const Insn& insn) { return select_string<Stos>(insn); }
Handler lods(const Insn& insn) { return select_string<Lods>(insn); }
Handler cmps(const Insn& insn) { return insn.opcode_map == 1 ? simd_float(insn) : select_string<Cmps>(insn); }
Handler scas(const Insn& insn) { return select_string<Scas>(insn); }
Handler ins(const Insn& insn) { return select_string<Ins>(insn); }
Handler outs(const Insn& insn) { return select_string<Outs>(insn); }
} // namespace select

} // namespace ringshift
