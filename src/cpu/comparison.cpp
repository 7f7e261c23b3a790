#include "cpu/comparison.h"

#include "cpu/isa/disassembler.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace ringshift {

namespace {

constexpr std::array<const char*, 8> gpr_names = {"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"};
constexpr std::array<const char*, 6> segment_names = {"ES", "CS", "SS", "DS", "FS", "GS"};
/// A report shows at most this many instructions, from the end; elements of one REP instruction are one.
constexpr std::size_t shown_instructions = 64;

/// Calls visit.value(name, index, a, b) for each part of two states; `index` is -1 for what is not in an array. Parts
/// for which visit.main() is true are shown in every report.
template <typename Visitor>
void visit_states(const CpuState& a, const CpuState& b, Visitor&& visit) {
    const auto array = [&](const char* name, const auto& first, const auto& second) {
        for (std::size_t i = 0; i < first.size(); ++i) visit.value(name, static_cast<int>(i), first[i], second[i]);
    };
    const auto table = [&](const char* base, const char* limit, const TableRegister& first,
                           const TableRegister& second) {
        visit.value(base, -1, first.base, second.base);
        visit.value(limit, -1, first.limit, second.limit);
    };
    visit.main(true);
    for (std::size_t i = 0; i < gpr_names.size(); ++i) visit.value(gpr_names[i], -1, a.gpr[i], b.gpr[i]);
    visit.value("EIP", -1, a.rip, b.rip);
    visit.value("EFLAGS", -1, a.eflags(), b.eflags());
    for (std::size_t i = 0; i < segment_names.size(); ++i)
        visit.segment(segment_names[i], a.segments[i], b.segments[i]);
    visit.value("CR0", -1, a.cr0, b.cr0);
    visit.value("CR2", -1, a.cr2, b.cr2);
    visit.value("CR3", -1, a.cr3, b.cr3);
    visit.value("CR4", -1, a.cr4, b.cr4);
    visit.value("CPL", -1, a.cpl, b.cpl);
    visit.main(false);
    for (std::size_t i = gpr_names.size(); i < a.gpr.size(); ++i)
        visit.value("GPR", static_cast<int>(i), a.gpr[i], b.gpr[i]);
    visit.value("arithmetic flags as kept", -1, a.arithmetic_flags, b.arithmetic_flags);
    visit.value("other flags as kept", -1, a.system_flags, b.system_flags);
    visit.value("activity (1 halted, 2 shutdown)", -1, a.activity, b.activity);
    visit.value("interrupt shadow (1 STI, 2 MOV SS)", -1, a.shadow, b.shadow);
    visit.value("NMI blocked", -1, a.nmi_blocked, b.nmi_blocked);
    visit.value("pending debug traps", -1, a.pending_debug, b.pending_debug);
    visit.segment("LDTR", a.ldtr, b.ldtr);
    visit.segment("TR", a.tr, b.tr);
    table("GDTR base", "GDTR limit", a.gdtr, b.gdtr);
    table("IDTR base", "IDTR limit", a.idtr, b.idtr);
    visit.value("EFER", -1, a.efer, b.efer);
    array("PDPTE", a.pdpte, b.pdpte);
    array("DR", a.dr, b.dr);
    visit.value("A20", -1, a.a20, b.a20);
    visit.value("SYSENTER_CS", -1, a.sysenter_cs, b.sysenter_cs);
    visit.value("SYSENTER_ESP", -1, a.sysenter_esp, b.sysenter_esp);
    visit.value("SYSENTER_EIP", -1, a.sysenter_eip, b.sysenter_eip);
    visit.value("PAT", -1, a.pat, b.pat);
    visit.value("MTRR_DEF_TYPE", -1, a.mtrr_def_type, b.mtrr_def_type);
    array("variable MTRR", a.mtrr_variable, b.mtrr_variable);
    array("fixed MTRR", a.mtrr_fixed, b.mtrr_fixed);
    visit.value("MISC_ENABLE", -1, a.misc_enable, b.misc_enable);
    visit.value("TSC offset", -1, a.tsc_offset, b.tsc_offset);
    visit.value("BIOS_SIGN_ID", -1, a.microcode_revision, b.microcode_revision);
    visit.value("TSC_AUX", -1, a.tsc_aux, b.tsc_aux);
    visit.value("FCW", -1, a.fpu.fcw, b.fpu.fcw);
    visit.value("FSW", -1, a.fpu.fsw, b.fpu.fsw);
    visit.value("FTW (abridged)", -1, a.fpu.ftw, b.fpu.ftw);
    visit.value("FOP", -1, a.fpu.fop, b.fpu.fop);
    visit.value("FIP", -1, a.fpu.fip, b.fpu.fip);
    visit.value("FCS", -1, a.fpu.fcs, b.fpu.fcs);
    visit.value("FDP", -1, a.fpu.fdp, b.fpu.fdp);
    visit.value("FDS", -1, a.fpu.fds, b.fpu.fds);
    visit.value("MXCSR", -1, a.fpu.mxcsr, b.fpu.mxcsr);
    using Extended = std::array<u8, 10>;
    for (std::size_t i = 0; i < a.fpu.st.size(); ++i)
        visit.value("ST", static_cast<int>(i), reinterpret_cast<const Extended&>(a.fpu.st[i]),
                    reinterpret_cast<const Extended&>(b.fpu.st[i]));
    array("XMM", a.fpu.xmm, b.fpu.xmm);
    visit.value("x87 exception pending", -1, a.fpu_exception_pending, b.fpu_exception_pending);
}

bool equal_segments(const Segment& a, const Segment& b) {
    return a.selector == b.selector && a.attributes == b.attributes && a.limit == b.limit && a.base == b.base &&
           a.low == b.low && a.usable == b.usable && a.read_span == b.read_span && a.write_span == b.write_span;
}

struct EqualVisitor {
    bool equal = true;
    void main(bool) {}
    template <typename T>
    void value(const char*, int, const T& a, const T& b) {
        equal &= std::memcmp(&a, &b, sizeof a) == 0;
    }
    void segment(const char*, const Segment& a, const Segment& b) { equal &= equal_segments(a, b); }
};

/// Which parts differ, by their place in the order of visiting.
struct DifferingParts {
    std::vector<bool> differs;
    void main(bool) {}
    template <typename T>
    void value(const char*, int, const T& a, const T& b) {
        differs.push_back(std::memcmp(&a, &b, sizeof a) != 0);
    }
    void segment(const char*, const Segment& a, const Segment& b) { differs.push_back(!equal_segments(a, b)); }
};

std::vector<bool> differing_parts(const CpuState& a, const CpuState& b) {
    DifferingParts parts;
    visit_states(a, b, parts);
    return parts.differs;
}

/// Little-endian bytes as one hexadecimal number of `digits`.
std::string hexadecimal(const void* value, std::size_t size, std::size_t digits) {
    std::string text;
    const u8* bytes = static_cast<const u8*>(value);
    for (std::size_t i = size; i-- > 0;) text += fmt::format("{:02x}", bytes[i]);
    return text.substr(text.size() - std::min(text.size(), digits));
}

std::string flag_letters(u32 eflags) {
    struct Name {
        u32 bit;
        const char* text;
    };
    static constexpr std::array<Name, 15> names = {{{flag::cf, " CF"},
                                                    {flag::pf, " PF"},
                                                    {flag::af, " AF"},
                                                    {flag::zf, " ZF"},
                                                    {flag::sf, " SF"},
                                                    {flag::tf, " TF"},
                                                    {flag::if_, " IF"},
                                                    {flag::df, " DF"},
                                                    {flag::of, " OF"},
                                                    {flag::nt, " NT"},
                                                    {flag::rf, " RF"},
                                                    {flag::vm, " VM"},
                                                    {flag::ac, " AC"},
                                                    {flag::vif, " VIF"},
                                                    {flag::vip, " VIP"}}};
    std::string text;
    for (const Name& name : names)
        if ((eflags & name.bit) != 0) text += name.text;
    return text;
}

/// Names of the parts that differ.
struct NameVisitor {
    std::vector<std::string> names;
    void main(bool) {}
    static std::string full(const char* name, int index) {
        return index < 0 ? std::string(name) : fmt::format("{}{}", name, index);
    }
    template <typename T>
    void value(const char* name, int index, const T& a, const T& b) {
        if (std::memcmp(&a, &b, sizeof a) != 0) names.push_back(full(name, index));
    }
    void segment(const char* name, const Segment& a, const Segment& b) {
        if (!equal_segments(a, b)) names.emplace_back(name);
    }
};

/// As many digits as the larger of two 8-byte values needs, 8 or 16; other values have all of theirs.
template <typename T>
std::size_t digits_of(const T& a, const T& b) {
    if constexpr (sizeof(T) == 8) {
        constexpr u64 low_half = 0xFFFFFFFF;
        if (static_cast<u64>(a) <= low_half && static_cast<u64>(b) <= low_half) return 8;
    }
    return 2 * sizeof a;
}

/// What an instruction changed, with the new values. EIP is left out, and what repeats another part in our own form.
struct ChangeVisitor {
    std::string text;
    void main(bool) {}
    template <typename T>
    void value(const char* name, int index, const T& before, const T& after) {
        const std::string_view plain(name);
        if (std::memcmp(&before, &after, sizeof before) == 0 || plain == "EIP" || plain.find(' ') != plain.npos) return;
        text += fmt::format(" {}={}", NameVisitor::full(name, index),
                            hexadecimal(&after, sizeof after, digits_of(before, after)));
    }
    void segment(const char* name, const Segment& before, const Segment& after) {
        if (!equal_segments(before, after)) text += fmt::format(" {}={:04x}", name, after.selector);
    }
};

struct TableVisitor {
    std::string text;
    bool show_all = true;
    bool left_out = false;

    void main(bool on) { show_all = on; }
    template <typename T>
    void value(const char* name, int index, const T& a, const T& b) {
        const bool differs = std::memcmp(&a, &b, sizeof a) != 0;
        const std::size_t digits = digits_of(a, b);
        std::string first = hexadecimal(&a, sizeof a, digits), second = hexadecimal(&b, sizeof b, digits);
        if constexpr (std::is_same_v<T, u32>) {
            if (std::string_view(name) == "EFLAGS") {
                first += flag_letters(a);
                second += flag_letters(b);
            }
        }
        row(NameVisitor::full(name, index), first, second, differs);
    }
    void segment(const char* name, const Segment& a, const Segment& b) {
        const auto show = [](const Segment& s) {
            return fmt::format("{:04x} base {:08x} limit {:08x} attr {:03x}{}", s.selector, s.base, s.limit,
                               s.attributes, s.usable != 0 ? "" : " unusable");
        };
        std::string first = show(a), second = show(b);
        const bool differs = !equal_segments(a, b);
        if (differs && first == second) {
            const auto derived = [](const Segment& s) {
                return fmt::format(" low {:08x} read {:x} write {:x}", s.low, s.read_span, s.write_span);
            };
            first += derived(a);
            second += derived(b);
        }
        row(name, first, second, differs);
    }
    void row(const std::string& name, const std::string& first, const std::string& second, bool differs) {
        if (!differs && !show_all) {
            left_out = true;
            return;
        }
        if (differs)
            text += fmt::format("* {:<12} {:<48} {}\n", name, first, second);
        else
            text += fmt::format("  {:<12} {}\n", name, first);
    }
};

/// What one of a difference's instructions led to, in the reference.
const CpuState& state_after(const Difference& d, std::size_t index) {
    return index + 1 < d.instructions.size() ? d.instructions[index + 1].before : d.reference;
}

bool same_place(const CpuState& a, const CpuState& b) {
    return a.rip == b.rip && a.segment(SegmentName::cs).base == b.segment(SegmentName::cs).base;
}

std::string listing(const Difference& d) {
    const std::size_t count = d.instructions.size(), suspect = d.suspect();
    const std::size_t begin = count > shown_instructions ? count - shown_instructions : 0;
    std::string text = begin == 0 ? "" : fmt::format("  ... {} instructions before these\n", begin);
    for (std::size_t i = begin; i < count; ++i) {
        const ExecutedInsn& insn = d.instructions[i];
        const CpuState& before = insn.before;
        const Segment& cs = before.segment(SegmentName::cs);
        std::size_t last = i;
        while (i != suspect && last + 1 < count && last + 1 != suspect &&
               same_place(d.instructions[last + 1].before, before))
            ++last;
        ChangeVisitor changed;
        visit_states(before, state_after(d, last), changed);
        std::size_t length = 0;
        const std::string mnemonic =
            disassemble({insn.bytes.data(), insn.available}, cs.is_32bit(), static_cast<u32>(before.rip), &length);
        text += fmt::format("{} {:04x}:{:08x}  {:<22} {:<40}{}{}\n", i == suspect ? '>' : ' ', cs.selector, before.rip,
                            fmt::format("{:02x}", fmt::join(std::span(insn.bytes).first(length), "")), mnemonic,
                            changed.text.empty() ? "" : " ;" + changed.text,
                            last > i ? fmt::format(", {} times", last - i + 1) : "");
        i = last;
    }
    return text;
}

} // namespace

bool equal_states(const CpuState& a, const CpuState& b) {
    EqualVisitor visitor;
    visit_states(a, b, visitor);
    return visitor.equal;
}

ExecutedInsn note_instruction(Cpu& cpu) {
    ExecutedInsn insn;
    insn.before = cpu.state;
    const LinearAddr address(static_cast<u32>(cpu.state.segment(SegmentName::cs).base + cpu.state.rip));
    insn.available = static_cast<u8>(cpu.mmu.debug_read(address, insn.bytes));
    return insn;
}

std::vector<DifferingByte> differing_bytes(std::span<const u8> subject, std::span<const u8> reference, u64 base,
                                           std::size_t most) {
    ASSERT(subject.size() == reference.size());
    std::vector<DifferingByte> found;
    for (std::size_t at = 0; at < subject.size() && found.size() < most; at += page_size) {
        const std::size_t size = std::min<std::size_t>(page_size, subject.size() - at);
        if (std::memcmp(subject.data() + at, reference.data() + at, size) == 0) continue;
        for (std::size_t i = at; i < at + size && found.size() < most; ++i)
            if (subject[i] != reference[i]) found.push_back({base + i, subject[i], reference[i]});
    }
    return found;
}

std::size_t Difference::suspect() const {
    const std::vector<bool> differing = differing_parts(subject, reference);
    // A single one did it even if the reference's new value is the old one.
    if (instructions.size() == 1 && std::find(differing.begin(), differing.end(), true) != differing.end()) return 0;
    // Of each register that differs, the last instruction that changes it; of these the first.
    std::vector<std::size_t> last_writer(differing.size(), instructions.size());
    for (std::size_t i = 0; i < instructions.size(); ++i) {
        const std::vector<bool> changed = differing_parts(instructions[i].before, state_after(*this, i));
        for (std::size_t part = 0; part < differing.size(); ++part)
            if (differing[part] && changed[part]) last_writer[part] = i;
    }
    std::size_t first = instructions.size();
    for (std::size_t part = 0; part < differing.size(); ++part)
        if (differing[part]) first = std::min(first, last_writer[part]);
    return first;
}

std::string format_difference(const Difference& d) {
    std::string text = d.headline + "\n";
    for (const std::string& remark : d.remarks) text += remark + "\n";
    NameVisitor names;
    visit_states(d.subject, d.reference, names);
    text += fmt::format("Registers that differ: {}\n",
                        names.names.empty() ? "none" : fmt::format("{}", fmt::join(names.names, ", ")));
    if (!d.instructions.empty()) {
        text += "\nExecuted since both agreed, with what the reference changed:\n" + listing(d);
        if (d.suspect() < d.instructions.size() && d.instructions.size() > 1)
            text += "(> is the first that changes a register which differs, and is not overwritten by these)\n";
        else if (!names.names.empty() && d.suspect() == d.instructions.size())
            text += "(none of them changes a register that differs)\n";
    }
    TableVisitor table;
    visit_states(d.subject, d.reference, table);
    text += fmt::format("\n  {:<12} {:<48} {}\n{}", "", "subject", "reference where it differs", table.text);
    if (table.left_out) text += "  (all other registers are equal)\n";
    if (!d.memory.empty()) text += "\nMemory that differs (physical address: subject, reference):\n";
    for (const DifferingByte& byte : d.memory)
        text += fmt::format("* {:09x}: {:02x} {:02x}\n", byte.address, byte.subject, byte.reference);
    if (!d.host_code.empty()) text += "\nHost code of the subject:\n" + d.host_code;
    return text;
}

} // namespace ringshift
