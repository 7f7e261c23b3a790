#include "frontend/control/json_stream.h"

#include <utility>

namespace ringshift {

void JsonStream::flush(const std::function<void(std::string_view text)>& take) {
    const std::string text = std::exchange(m_text, {});
    m_depth = 0;
    m_in_string = m_escaped = false;
    if (!text.empty()) take(text);
}

bool JsonStream::feed(std::string_view bytes, const std::function<void(std::string_view text)>& take) {
    for (const char c : bytes) {
        const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (m_text.empty() && blank) continue;
        if (c == '\n' && (m_depth == 0 || m_in_string)) {
            flush(take);
            continue;
        }
        if (m_depth == 0 && !m_text.empty() && c == '{') flush(take); // garbage before it
        m_text += c;
        if (m_text.size() > longest_text) return false;
        if (m_in_string) {
            if (!m_escaped && c == '"') m_in_string = false;
            m_escaped = !m_escaped && c == '\\';
            continue;
        }
        switch (c) {
        case '"': m_in_string = m_depth != 0; break;
        case '{':
        case '[':
            if (++m_depth > deepest_nesting) return false;
            break;
        case '}':
        case ']':
            if (m_depth != 0 && --m_depth == 0) flush(take);
            break;
        default: break;
        }
    }
    return true;
}

} // namespace ringshift
