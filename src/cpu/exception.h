// Guest exceptions as values (SDM vol. 3A, chapter 6).
#pragma once

#include "base/types.h"

namespace ringshift {

enum class Vector : u8 {
    divide_error = 0,
    debug = 1,
    nmi = 2,
    breakpoint = 3,
    overflow = 4,
    bound = 5,
    invalid_opcode = 6,
    device_not_available = 7,
    double_fault = 8,
    coprocessor_overrun = 9,
    invalid_tss = 10,
    segment_not_present = 11,
    stack_fault = 12,
    general_protection = 13,
    page_fault = 14,
    x87_error = 16,
    alignment_check = 17,
    machine_check = 18,
    simd_error = 19,
};

/// An exception that an instruction raised and that is yet to be delivered. Only one can be: the first.
struct Exception {
    Vector vector = Vector::divide_error;
    bool has_error_code = false;
    u32 error_code = 0;
    u64 cr2 = 0; ///< #PF: the linear address
    u32 dr6 = 0; ///< #DB: the DR6 bits to set
};

/// What is left of an operation after it raised an exception (kept in Cpu::exception). Converts to every way of saying
/// so.
struct Raised {};

/// How an instruction ended.
enum class Flow : u8 {
    next,   ///< RIP is to advance to the next instruction
    branch, ///< RIP has been set (a repeated string instruction that yields leaves it where it is); the block ends
    stop,   ///< RIP is to advance, and the block ends: mode, interrupt flag or time may have changed
    fault,  ///< Cpu::exception is to be delivered; nothing was committed
};

/// A value, or Raised.
template <typename T>
struct [[nodiscard]] Maybe {
    T value{};
    bool ok = false;
    Maybe(T v) : value(v), ok(true) {}
    Maybe(Raised) {}
};

/// Done, or Raised.
template <>
struct [[nodiscard]] Maybe<void> {
    bool ok = true;
    Maybe() = default;
    Maybe(Raised) : ok(false) {}
    struct Nothing {};
    Nothing value{};
};

/// The result of an instruction handler: Flow, or Raised.
struct [[nodiscard]] Step {
    Flow flow;
    Step(Flow f) : flow(f) {}
    Step(Raised) : flow(Flow::fault) {}
};

} // namespace ringshift

/// The value of a Maybe, or return of Raised from the enclosing function (which returns Maybe or Step).
#define GUEST_TRY(expression)                                                                                          \
    __extension__({                                                                                                    \
        auto guest_result_ = (expression);                                                                             \
        if (!guest_result_.ok) [[unlikely]]                                                                            \
            return ::ringshift::Raised{};                                                                              \
        guest_result_.value;                                                                                           \
    })
