#include "bt/explain.h"

#include "bt/names.h"
#include "cpu/isa/disassembler.h"

#include <algorithm>

namespace ringshift::bt {

std::string_view name_of(Provenance provenance) {
    switch (provenance) {
    case Provenance::native: return "native";
    case Provenance::rewrite: return "rewrite";
    case Provenance::expand: return "expand";
    case Provenance::helper: return "helper";
    case Provenance::guard: return "guard";
    case Provenance::exit: return "exit";
    }
    return "";
}

namespace {

std::string in_words(const Mode& mode) {
    std::string words = fmt::format("{}-bit code", mode.code32 ? 32 : 16);
    words += mode.v86              ? ", virtual-8086 mode"
             : mode.protected_mode ? fmt::format(", ring {}", mode.cpl)
                                   : ", real mode";
    if (mode.code32 != mode.stack32) words += fmt::format(", {}-bit stack", mode.stack32 ? 32 : 16);
    if (mode.cs_base != 0) words += fmt::format(", CS base {:x}", mode.cs_base);
    const auto all = [&](SegmentClass c) {
        return std::all_of(mode.segments.begin(), mode.segments.end(), [c](SegmentClass s) { return s == c; });
    };
    if (mode.windows) words += mode.home ? ", memory window at home" : ", memory window";
    if (all(SegmentClass::flat)) return words + ", flat segments";
    constexpr std::array<std::string_view, 6> names{"ES", "CS", "SS", "DS", "FS", "GS"};
    for (const auto& [which, what] :
         {std::pair{SegmentClass::based, "base to add"}, {SegmentClass::checked, "limit to check"}}) {
        std::string list;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (mode.segments[i] == which) list += (list.empty() ? "" : " ") + std::string(names[i]);
        if (!list.empty()) words += fmt::format(", {}: {}", what, list);
    }
    return words;
}

std::string hex(std::span<const u8> bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

// ---- Text ----------------------------------------------------------------------------------------------------------

constexpr std::size_t guest_width = 42, host_width = 46;

std::string_view colour_of(Provenance provenance) {
    switch (provenance) {
    case Provenance::native: return "\x1b[32m";  // green
    case Provenance::rewrite: return "\x1b[36m"; // cyan
    case Provenance::expand: return "\x1b[33m";  // yellow
    case Provenance::helper: return "\x1b[35m";  // magenta
    case Provenance::guard: return "\x1b[34m";   // blue
    case Provenance::exit: return "\x1b[31m";    // red
    }
    return "";
}
constexpr std::string_view bold = "\x1b[1m", dim = "\x1b[2m", plain = "\x1b[0m";

std::string plural(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

class TextPage {
  public:
    TextPage(const Explanation& explanation, const CodeView& view)
        : m_x(explanation), m_colour(view.colour), m_narrow(view.narrow) {}
    std::string write() {
        head();
        u32 shown = ~u32{0};
        bool cold = false;
        std::vector<bool> has_code(m_x.guest.size(), false);
        for (const auto& host : m_x.host) has_code[host.guest] = true;
        u32 next_guest = 0;
        for (const auto& host : m_x.host) {
            if (!cold && host.offset >= m_x.cold && m_x.cold != 0) {
                for (; next_guest < m_x.guest.size(); ++next_guest)
                    if (!has_code[next_guest]) line(next_guest, nullptr);
                m_text += paint(dim, "  out of the way, seldom executed:") + "\n";
                cold = true;
                shown = ~u32{0};
            }
            for (; !cold && next_guest < host.guest; ++next_guest)
                if (!has_code[next_guest]) line(next_guest, nullptr);
            line(host.guest != shown ? host.guest : ~u32{0}, &host);
            shown = host.guest;
            if (!cold) next_guest = std::max(next_guest, host.guest + 1);
        }
        return std::move(m_text);
    }

  private:
    std::string paint(std::string_view colour, std::string_view text) const {
        if (!m_colour) return std::string(text);
        return fmt::format("{}{}{}", colour, text, plain);
    }
    void head() {
        u32 guest_bytes = 0, host_bytes = 0;
        for (const auto& guest : m_x.guest) guest_bytes += static_cast<u32>(guest.bytes.size());
        for (const auto& host : m_x.host) host_bytes += static_cast<u32>(host.bytes.size());
        m_text += paint(bold, fmt::format("block {:08x}", m_x.eip)) +
                  fmt::format("  guest: {} in {}, host: {} in {}\n", plural(m_x.guest.size(), "instruction"),
                              plural(guest_bytes, "byte"), plural(m_x.host.size(), "instruction"),
                              plural(host_bytes, "byte"));
        m_text += fmt::format("  {}\n", m_x.mode);
        if (!m_x.note.empty()) m_text += fmt::format("  {}\n", m_x.note);
    }
    /// ~0: nothing on the left; null: nothing on the right.
    void line(u32 guest, const Explanation::Host* host) {
        std::string left;
        if (guest < m_x.guest.size()) {
            const auto& g = m_x.guest[guest];
            left = fmt::format("{:08x} {}", g.eip, g.text);
        }
        if (m_narrow) return stacked_line(left, host);
        std::string text = "  " + paint(bold, fmt::format("{:<{}}", left, guest_width));
        if (!host) {
            text += paint(dim, "nothing: it has no effect");
        } else {
            const std::string right = fmt::format("{} {}", offset_name(host->offset), host->text);
            text += fmt::format("{:<{}} ", right, host_width);
            text += paint(colour_of(host->provenance), fmt::format("{:<8}", name_of(host->provenance)));
            text += host->again ? paint(dim, "\"") : host->why;
        }
        while (!text.empty() && text.back() == ' ') text.pop_back();
        m_text += text + "\n";
    }

    void stacked_line(const std::string& left, const Explanation::Host* host) {
        if (!left.empty()) m_text += "  " + paint(bold, left) + "\n";
        if (!host) {
            m_text += "    " + paint(dim, "nothing: it has no effect") + "\n";
            return;
        }
        if (!left.empty() || !host->again)
            m_text +=
                fmt::format("    {}: {}\n", paint(colour_of(host->provenance), name_of(host->provenance)), host->why);
        m_text += fmt::format("      {} {}\n", offset_name(host->offset), host->text);
    }

    const Explanation& m_x;
    const bool m_colour;
    const bool m_narrow;
    std::string m_text;
};

// ---- JSON ----------------------------------------------------------------------------------------------------------

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", c);
            continue;
        }
        out += c;
    }
    return out + '"';
}

std::string to_json(const Explanation& x) {
    std::string out =
        fmt::format("  {{\"eip\": {}, \"linear\": {}, \"physical\": {}, \"mode\": {}, \"note\": {}, \"cold\": {},\n",
                    x.eip, x.linear, x.physical, quoted(x.mode), quoted(x.note), x.cold);
    out += "   \"guest\": [\n";
    for (std::size_t i = 0; i < x.guest.size(); ++i) {
        const auto& g = x.guest[i];
        out += fmt::format("    {{\"eip\": {}, \"bytes\": \"{}\", \"text\": {}}}{}\n", g.eip, hex(g.bytes),
                           quoted(g.text), i + 1 < x.guest.size() ? "," : "");
    }
    out += "   ],\n   \"host\": [\n";
    for (std::size_t i = 0; i < x.host.size(); ++i) {
        const auto& h = x.host[i];
        out += fmt::format("    {{\"offset\": {}, \"bytes\": \"{}\", \"text\": {}, \"guest\": {}, \"provenance\": "
                           "\"{}\", \"why\": {}}}{}\n",
                           h.offset, hex(h.bytes), quoted(h.text), h.guest, name_of(h.provenance), quoted(h.why),
                           i + 1 < x.host.size() ? "," : "");
    }
    return out + "   ]}";
}

} // namespace

Explanation explain(const Block& block, const Mode& mode, std::span<const u8> code, i64 runtime_distance) {
    Explanation x;
    x.eip = block.key.eip;
    x.linear = static_cast<u32>(mode.cs_base + block.key.eip);
    x.physical = block.key.start.value;
    x.mode = in_words(mode);
    x.cold = block.cold_offset;
    u32 eip = block.key.eip;
    for (const DecodedInsn& decoded : block.insns) {
        const Insn& in = decoded.insn;
        const auto bytes = std::span(in.bytes).first(std::max<u8>(in.length, 1));
        x.guest.push_back({eip, {bytes.begin(), bytes.end()}, disassemble(bytes, mode.code32, eip)});
        eip += in.length;
    }
    const HostDecoder decoder;
    Names names(block, runtime_distance);
    auto mark = block.marks.begin();
    bool new_mark = true;
    for (u32 offset = 0; offset < code.size();) {
        while (mark + 1 < block.marks.end() && mark[1].offset <= offset) {
            ++mark;
            new_mark = true;
        }
        ASSERT(mark != block.marks.end() && mark->offset <= offset, "code of a block that was not recorded");
        HostInsn insn;
        const u32 length = decoder.decode(code.subspan(offset), insn) ? insn.length : 1;
        const auto bytes = code.subspan(offset, length);
        names.set_offset(offset);
        x.host.push_back({offset,
                          {bytes.begin(), bytes.end()},
                          decoder.text(bytes, offset, &names),
                          mark->insn,
                          mark->provenance,
                          mark->why,
                          !new_mark});
        new_mark = false;
        offset += length;
    }
    return x;
}

std::string to_text(const Explanation& explanation, const CodeView& view) {
    return TextPage(explanation, view).write();
}

std::string to_json(std::span<const Explanation> explanations) {
    std::string out = "{\"blocks\": [\n";
    for (std::size_t i = 0; i < explanations.size(); ++i)
        out += to_json(explanations[i]) + (i + 1 < explanations.size() ? ",\n" : "\n");
    return out + "]}\n";
}

} // namespace ringshift::bt
