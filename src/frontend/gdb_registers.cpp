#include "frontend/gdb_registers.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace ringshift {

namespace {

enum class Group { general, eip, eflags, segment, stack, control, xmm, mxcsr, base, ip, system };

/// One register: its name, gdb's type, its size and where it comes from.
struct Register {
    std::string name;
    const char* type;
    unsigned size;
    Group group;
    unsigned index;
    unsigned offset; ///< in the answer to `g`
};

// Offsets in the FXSAVE image (SDM vol. 1, table 10-2).
constexpr std::size_t fx_fcw = 0, fx_fsw = 2, fx_ftw = 4, fx_fop = 6, fx_fip = 8, fx_fcs = 12, fx_fdp = 16, fx_fds = 20,
                      fx_mxcsr = 24, fx_st = 32, fx_xmm = 160;

constexpr unsigned control_fctrl = 0, control_fstat = 1, control_ftag = 2, control_fiseg = 3, control_fioff = 4,
                   control_foseg = 5, control_fooff = 6, control_fop = 7;

std::vector<Register> make_registers() {
    std::vector<Register> list;
    unsigned offset = 0;
    const auto add = [&](std::string name, const char* type, unsigned size, Group group, unsigned index) {
        list.push_back({std::move(name), type, size, group, index, offset});
        offset += size;
    };
    static constexpr const char* general[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    for (unsigned i = 0; i < 8; ++i) add(general[i], i == 4 || i == 5 ? "data_ptr" : "int32", 4, Group::general, i);
    add("eip", "code_ptr", 4, Group::eip, 0);
    add("eflags", "flags_register", 4, Group::eflags, 0);
    // The index is that of DebugRegisters::segments.
    static constexpr struct {
        const char* name;
        unsigned index;
    } segments[] = {{"cs", 1}, {"ss", 2}, {"ds", 3}, {"es", 0}, {"fs", 4}, {"gs", 5}};
    for (const auto& segment : segments) add(segment.name, "int32", 4, Group::segment, segment.index);
    for (unsigned i = 0; i < 8; ++i) add(fmt::format("st{}", i), "i387_ext", 10, Group::stack, i);
    static constexpr const char* control[] = {"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"};
    for (unsigned i = 0; i < 8; ++i) add(control[i], "int", 4, Group::control, i);
    for (unsigned i = 0; i < 8; ++i) add(fmt::format("xmm{}", i), "xmm_register", 16, Group::xmm, i);
    add("mxcsr", "mxcsr_register", 4, Group::mxcsr, 0);
    for (const auto& segment : segments)
        add(std::string(segment.name) + "_base", "int32", 4, Group::base, segment.index);
    add("ip", "int32", 4, Group::ip, 0);
    static constexpr const char* system[] = {"cr0", "cr2", "cr3", "cr4"};
    for (unsigned i = 0; i < 4; ++i) add(system[i], "int32", 4, Group::system, i);
    return list;
}

const std::vector<Register>& registers() {
    static const std::vector<Register> list = make_registers();
    return list;
}

constexpr std::string_view eflags_fields = "CF0 PF2 AF4 ZF6 SF7 TF8 IF9 DF10 OF11 NT14 RF16 VM17 AC18 VIF19 VIP20 ID21";
constexpr std::string_view mxcsr_fields = "IE0 DE1 ZE2 OE3 UE4 PE5 DAZ6 IM7 DM8 ZM9 OM10 UM11 PM12 FZ15";

/// A <flags> type from "NAMEbit NAMEbit".
std::string flags_type(std::string_view id, std::string_view fields) {
    std::string xml = fmt::format("<flags id=\"{}\" size=\"4\">", id);
    for (std::size_t begin = 0; begin < fields.size();) {
        const std::size_t end = std::min(fields.find(' ', begin), fields.size());
        const std::string_view field = fields.substr(begin, end - begin);
        const std::size_t digits = field.find_first_of("0123456789");
        const std::string_view bit = field.substr(digits);
        xml += fmt::format("<field name=\"{}\" start=\"{}\" end=\"{}\"/>", field.substr(0, digits), bit, bit);
        begin = end + 1;
    }
    return xml + "</flags>";
}

std::string xmm_type() {
    static constexpr struct {
        const char* id;
        const char* element;
        unsigned count;
    } vectors[] = {{"v4_float", "ieee_single", 4}, {"v2_double", "ieee_double", 2}, {"v16_int8", "int8", 16},
                   {"v8_int16", "int16", 8},       {"v4_int32", "int32", 4},        {"v2_int64", "int64", 2}};
    std::string xml;
    for (const auto& v : vectors)
        xml += fmt::format("<vector id=\"{}\" type=\"{}\" count=\"{}\"/>", v.id, v.element, v.count);
    xml += "<union id=\"xmm_register\">";
    for (const auto& v : vectors) xml += fmt::format("<field name=\"{}\" type=\"{}\"/>", v.id, v.id);
    return xml + "<field name=\"uint128\" type=\"uint128\"/></union>";
}

} // namespace

std::string gdb_target_description(bool code_is_32bit) {
    std::string xml = fmt::format("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                                  "<target version=\"1.0\"><architecture>{}</architecture>",
                                  code_is_32bit ? "i386" : "i8086");
    unsigned number = 0;
    const auto feature = [&](std::string_view name, const std::string& types, auto belongs) {
        xml += fmt::format("<feature name=\"{}\">{}", name, types);
        for (; number < registers().size() && belongs(registers()[number].group); ++number) {
            const Register& r = registers()[number];
            xml += fmt::format("<reg name=\"{}\" bitsize=\"{}\" type=\"{}\" regnum=\"{}\"/>", r.name, r.size * 8,
                               r.type, number);
        }
        xml += "</feature>";
    };
    feature("org.gnu.gdb.i386.core", flags_type("flags_register", eflags_fields),
            [](Group group) { return group <= Group::control; });
    feature("org.gnu.gdb.i386.sse", xmm_type() + flags_type("mxcsr_register", mxcsr_fields),
            [](Group group) { return group == Group::xmm || group == Group::mxcsr; });
    feature("org.ringshift.i386.system", {}, [](Group) { return true; });
    return xml + "</target>";
}

namespace {

template <typename T>
T load(const DebugRegisters& r, std::size_t offset) {
    T value;
    std::memcpy(&value, r.fxsave.data() + offset, sizeof value);
    return value;
}

template <typename T>
void store(DebugRegisters& r, std::size_t offset, T value) {
    std::memcpy(r.fxsave.data() + offset, &value, sizeof value);
}

/// The two bits of the full tag word for a register that is not empty (SDM vol. 1, 8.1.7).
unsigned tag_of(const DebugRegisters& r, unsigned stack_index) {
    const u64 significand = load<u64>(r, fx_st + 16 * stack_index);
    const unsigned exponent = load<u16>(r, fx_st + 16 * stack_index + 8) & 0x7FFF;
    if (exponent == 0 && significand == 0) return 1;                                  // zero
    return exponent != 0 && exponent != 0x7FFF && (significand >> 63) != 0 ? 0u : 2u; // valid, special
}

u32 full_tag_word(const DebugRegisters& r) {
    const unsigned top = load<u16>(r, fx_fsw) >> 11 & 7;
    const unsigned present = load<u8>(r, fx_ftw);
    u32 word = 0;
    for (unsigned physical = 0; physical < 8; ++physical) {
        const unsigned tag = (present >> physical & 1) != 0 ? tag_of(r, (physical - top) & 7) : 3;
        word |= tag << (2 * physical);
    }
    return word;
}

u8 abridged_tag_word(u32 word) {
    unsigned present = 0;
    for (unsigned physical = 0; physical < 8; ++physical)
        if ((word >> (2 * physical) & 3) != 3) present |= 1u << physical;
    return static_cast<u8>(present);
}

u32 get_control(const DebugRegisters& r, unsigned index) {
    switch (index) {
    case control_fctrl: return load<u16>(r, fx_fcw);
    case control_fstat: return load<u16>(r, fx_fsw);
    case control_ftag: return full_tag_word(r);
    case control_fiseg: return load<u16>(r, fx_fcs);
    case control_fioff: return load<u32>(r, fx_fip);
    case control_foseg: return load<u16>(r, fx_fds);
    case control_fooff: return load<u32>(r, fx_fdp);
    default: return load<u16>(r, fx_fop) & 0x7FFu;
    }
}

void set_control(DebugRegisters& r, unsigned index, u32 value) {
    const u16 low = static_cast<u16>(value);
    switch (index) {
    case control_fctrl: return store<u16>(r, fx_fcw, low);
    case control_fstat: return store<u16>(r, fx_fsw, low);
    case control_ftag: return store<u8>(r, fx_ftw, abridged_tag_word(value));
    case control_fiseg: return store<u16>(r, fx_fcs, low);
    case control_fioff: return store<u32>(r, fx_fip, value);
    case control_foseg: return store<u16>(r, fx_fds, low);
    case control_fooff: return store<u32>(r, fx_fdp, value);
    default: return store<u16>(r, fx_fop, low & 0x7FF);
    }
}

u32 get_word(const DebugRegisters& r, const Register& which) {
    switch (which.group) {
    case Group::general: return r.general[which.index];
    case Group::eip: return r.segment_bases[1] + r.eip;
    case Group::eflags: return r.eflags;
    case Group::segment: return r.segments[which.index];
    case Group::control: return get_control(r, which.index);
    case Group::mxcsr: return load<u32>(r, fx_mxcsr);
    case Group::base: return r.segment_bases[which.index];
    case Group::ip: return r.eip;
    default: return std::array{r.cr0, r.cr2, r.cr3, r.cr4}[which.index];
    }
}

bool set_word(DebugRegisters& r, const Register& which, u32 value) {
    switch (which.group) {
    case Group::general: r.general[which.index] = value; return true;
    case Group::eip: r.eip = value - r.segment_bases[1]; return true;
    case Group::eflags: r.eflags = value; return true;
    case Group::segment: r.segments[which.index] = static_cast<u16>(value); return true;
    case Group::control: set_control(r, which.index, value); return true;
    case Group::mxcsr: store<u32>(r, fx_mxcsr, value); return true;
    default: return false;
    }
}

/// Where a register of 10 or 16 bytes is in the FXSAVE image.
std::size_t wide_offset(const Register& which) {
    return (which.group == Group::stack ? fx_st : fx_xmm) + 16 * which.index;
}

} // namespace

unsigned gdb_register_count() { return static_cast<unsigned>(registers().size()); }

unsigned gdb_register_size(unsigned number) { return registers()[number].size; }

unsigned gdb_register_offset(unsigned number) {
    if (number < registers().size()) return registers()[number].offset;
    return registers().back().offset + registers().back().size;
}

void gdb_get_register(const DebugRegisters& r, unsigned number, std::span<u8> out) {
    const Register& which = registers()[number];
    if (which.size != 4) {
        std::memcpy(out.data(), r.fxsave.data() + wide_offset(which), which.size);
        return;
    }
    const u32 word = get_word(r, which);
    std::memcpy(out.data(), &word, sizeof word);
}

bool gdb_set_register(DebugRegisters& r, unsigned number, std::span<const u8> in) {
    const Register& which = registers()[number];
    if (which.size != 4) {
        std::memcpy(r.fxsave.data() + wide_offset(which), in.data(), which.size);
        return true;
    }
    u32 word;
    std::memcpy(&word, in.data(), sizeof word);
    return set_word(r, which, word);
}

std::string register_table(const DebugRegisters& r) {
    const auto& g = r.general;
    static constexpr const char* names[] = {"ES", "CS", "SS", "DS", "FS", "GS"};
    std::string text = fmt::format("EAX={:08x} EBX={:08x} ECX={:08x} EDX={:08x}\n"
                                   "ESI={:08x} EDI={:08x} EBP={:08x} ESP={:08x}\n"
                                   "EIP={:08x} EFLAGS={:08x} CPL={} {}-bit code\n",
                                   g[0], g[3], g[1], g[2], g[6], g[7], g[5], g[4], r.eip, r.eflags, r.privilege_level,
                                   r.code_is_32bit ? 32 : 16);
    for (std::size_t i = 0; i < r.segments.size(); ++i)
        text += fmt::format("{}={:04x} base {:08x}{}", names[i], r.segments[i], r.segment_bases[i],
                            i % 2 == 0 ? "   " : "\n");
    text += fmt::format("CR0={:08x} CR2={:08x} CR3={:08x} CR4={:08x}\n", r.cr0, r.cr2, r.cr3, r.cr4);
    return text;
}

} // namespace ringshift
