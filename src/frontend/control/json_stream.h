// Cuts a stream of bytes into JSON texts, wherever a client puts its line feeds, if any.
#pragma once

#include "base/types.h"

#include <functional>
#include <string>
#include <string_view>

namespace ringshift {

class JsonStream {
  public:
    static constexpr std::size_t longest_text = 1u << 20;
    static constexpr unsigned deepest_nesting = 64;

    /// `take` gets each text that is complete. It may be no JSON at all: a text ends with the bracket that closes its
    /// first one, with a line feed inside a string, or, if it does not begin with a bracket, with its line.
    /// False: the stream is hopeless (longest_text, deepest_nesting), nothing more may be fed.
    bool feed(std::string_view bytes, const std::function<void(std::string_view text)>& take);

  private:
    void flush(const std::function<void(std::string_view text)>& take);

    std::string m_text;
    unsigned m_depth = 0;
    bool m_in_string = false;
    bool m_escaped = false;
};

} // namespace ringshift
