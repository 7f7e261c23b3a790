// Errors of the host (a missing file, a full disk) as values, and assertions for our own bugs.
//
// Guest misbehaviour is never an Error: it is a guest exception, see cpu/exception.h.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>

namespace ringshift {

/// Something outside the program went wrong. The message says what, to which object, and what to do about it.
struct [[nodiscard]] Error {
    std::string message;
};

template <typename... Args>
Error make_error(fmt::format_string<Args...> format, Args&&... args) {
    return Error{fmt::format(format, std::forward<Args>(args)...)};
}

/// A message for the host error number `number` (errno), after a text of our own.
Error errno_error(int number, std::string_view what);

struct Unit {};

/// A value or an Error. Use TRY to pass an error on.
template <typename T = Unit>
class [[nodiscard]] Result {
  public:
    Result(T value) : m_content(std::move(value)) {}
    Result(Error error) : m_content(std::move(error)) {}

    bool ok() const { return m_content.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() { return std::get<0>(m_content); }
    const T& value() const { return std::get<0>(m_content); }
    T release() { return std::move(std::get<0>(m_content)); }
    const Error& error() const { return std::get<1>(m_content); }
    Error release_error() { return std::move(std::get<1>(m_content)); }

  private:
    std::variant<T, Error> m_content;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line, const std::string& context);

} // namespace ringshift

/// The value of a Result, or return of its Error from the enclosing function.
#define TRY(expression)                                                                                                \
    __extension__({                                                                                                    \
        auto try_result_ = (expression);                                                                               \
        if (!try_result_.ok()) [[unlikely]]                                                                            \
            return try_result_.release_error();                                                                        \
        try_result_.release();                                                                                         \
    })

/// A condition that only a bug of ours can break; the further arguments are a format string and its values.
#define ASSERT(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) [[unlikely]]                                                                                 \
            ::ringshift::assertion_failed(#condition, __FILE__, __LINE__, fmt::format("" __VA_ARGS__));                \
    } while (false)
