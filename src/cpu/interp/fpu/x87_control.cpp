// x87 control instructions: control and status word, environment, whole state. The formats of the environment are in
// SDM vol. 1, figures 8-9 to 8-12: 14 or 28 bytes by operand size, protected or real-address (and V86) by mode.
#include "cpu/interp/fpu/fpu_rules.h"

namespace ringshift {

namespace {

using namespace fpu;

constexpr unsigned register_bytes = 80; ///< eight registers of ten bytes, in stack order

/// The full tag word, two bits for each physical register (SDM vol. 1, 8.1.7).
u16 full_tag_word(const FpuState& state) {
    enum : unsigned { valid, zero, special, empty };
    u16 tags = 0;
    for (unsigned physical = 0; physical < 8; ++physical) {
        unsigned tag = empty;
        if (state.ftw & (1u << physical)) {
            const auto& value = state.st[(physical - top(state)) & 7];
            u64 significand = 0;
            u16 exponent = 0;
            std::memcpy(&significand, value.data(), 8);
            std::memcpy(&exponent, value.data() + 8, 2);
            exponent &= 0x7FFF;
            if (exponent == 0x7FFF)
                tag = special;
            else if (exponent == 0)
                tag = significand == 0 ? zero : special;
            else
                tag = significand >> 63 ? valid : special;
        }
        tags = static_cast<u16>(tags | tag << (2 * physical));
    }
    return tags;
}

u8 abridged_tag_word(u16 tags) {
    u8 abridged = 0;
    for (unsigned i = 0; i < 8; ++i)
        if (((tags >> (2 * i)) & 3) != 3) abridged = static_cast<u8>(abridged | 1u << i);
    return abridged;
}

struct EnvironmentFormat {
    unsigned width; ///< bytes of each of the seven fields
    bool real;
    unsigned size() const { return 7 * width; }
};

EnvironmentFormat environment_format(const Cpu& cpu, const Insn& insn) {
    return {insn.operand_size, cpu.state.real_or_v86()};
}

/// The seven fields of an environment image.
class EnvironmentImage {
  public:
    EnvironmentImage(u8* bytes, unsigned width) : m_bytes(bytes), m_width(width) {}
    u32 get(unsigned field) const {
        u32 value = 0;
        std::memcpy(&value, m_bytes + field * m_width, m_width);
        return value;
    }
    /// 16-bit fields of the 32-bit formats have ones in their upper halves, as silicon stores them.
    void put16(unsigned field, u16 value) { put32(field, 0xFFFF0000u | value); }
    void put32(unsigned field, u32 value) { std::memcpy(m_bytes + field * m_width, &value, m_width); }

  private:
    u8* m_bytes;
    unsigned m_width;
};

void make_environment(const FpuState& s, EnvironmentFormat format, u8* bytes) {
    EnvironmentImage image(bytes, format.width);
    image.put16(0, s.fcw);
    image.put16(1, s.fsw);
    image.put16(2, full_tag_word(s));
    const u32 opcode = s.fop & 0x7FF;
    if (!format.real) {
        image.put32(3, s.fip);
        image.put32(4, format.width == 4 ? u32{s.fcs} | opcode << 16 : s.fcs);
        image.put32(5, s.fdp);
        image.put16(6, s.fds);
        return;
    }
    const u32 ip = (u32{s.fcs} << 4) + s.fip, dp = (u32{s.fds} << 4) + s.fdp;
    if (format.width == 4) {
        image.put16(3, static_cast<u16>(ip));
        image.put32(4, (ip >> 16 & 0xFFFF) << 12 | opcode);
        image.put16(5, static_cast<u16>(dp));
        image.put32(6, (dp >> 16 & 0xFFFF) << 12);
    } else {
        image.put32(3, ip);
        image.put32(4, (ip >> 16 & 0xF) << 12 | opcode);
        image.put32(5, dp);
        image.put32(6, (dp >> 16 & 0xF) << 12);
    }
}

/// Loads all of the environment; register contents stay in their physical registers.
void load_environment(Cpu& cpu, EnvironmentFormat format, u8* bytes) {
    FpuState& s = cpu.state.fpu;
    const EnvironmentImage image(bytes, format.width);
    const u16 status = static_cast<u16>(image.get(1));
    rotate_stack(s, (status >> 11) & 7);
    s.fcw = static_cast<u16>((image.get(0) & control_word_mask) | control_word_ones);
    s.fsw = status;
    s.ftw = abridged_tag_word(static_cast<u16>(image.get(2)));
    if (!format.real) {
        s.fip = image.get(3);
        s.fcs = static_cast<u16>(image.get(4));
        if (format.width == 4) s.fop = image.get(4) >> 16 & 0x7FF;
        s.fdp = image.get(5);
        s.fds = static_cast<u16>(image.get(6));
    } else {
        const u32 high_bits = format.width == 4 ? 0xFFFF : 0xF;
        s.fip = (image.get(3) & 0xFFFF) | (image.get(4) >> 12 & high_bits) << 16;
        s.fdp = (image.get(5) & 0xFFFF) | (image.get(6) >> 12 & high_bits) << 16;
        s.fop = image.get(4) & 0x7FF;
        s.fcs = s.fds = 0;
    }
    update_error_summary(cpu);
}

void initialize(Cpu& cpu) {
    FpuState& s = cpu.state.fpu;
    rotate_stack(s, 0);
    s.fcw = 0x37F;
    s.fsw = 0;
    s.ftw = 0;
    s.fip = s.fdp = 0;
    s.fcs = s.fds = s.fop = 0;
    update_error_summary(cpu);
}

/// Segment and page checks for an operand of `size` bytes, and its alignment by the size of its fields.
Maybe<LinearAddr> operand_range(Cpu& cpu, const Insn& insn, unsigned size, AccessKind kind) {
    const LinearAddr address = GUEST_TRY(cpu.linear(insn.memory.segment, cpu.effective_offset(insn), size, kind));
    GUEST_TRY(cpu.check_access(address, insn.operand_size, {kind, cpu.data_privilege()}));
    return address;
}

Maybe<void> store_range(Cpu& cpu, const Insn& insn, std::span<const u8> bytes) {
    const auto address = GUEST_TRY(operand_range(cpu, insn, static_cast<unsigned>(bytes.size()), AccessKind::Write));
    return cpu.write_bytes(address, bytes, cpu.data_privilege());
}

Maybe<void> load_range(Cpu& cpu, const Insn& insn, std::span<u8> bytes) {
    const auto address = GUEST_TRY(operand_range(cpu, insn, static_cast<unsigned>(bytes.size()), AccessKind::Read));
    return cpu.read_bytes(address, bytes, cpu.data_privilege());
}

Step store_environment(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    const EnvironmentFormat format = environment_format(cpu, insn);
    std::array<u8, 28> bytes{};
    make_environment(cpu.state.fpu, format, bytes.data());
    GUEST_TRY(store_range(cpu, insn, std::span(bytes).first(format.size())));
    cpu.state.fpu.fcw |= exceptions;
    update_error_summary(cpu);
    return Flow::next;
}

Step load_environment_handler(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu); flow != Flow::next) return flow;
    const EnvironmentFormat format = environment_format(cpu, insn);
    std::array<u8, 28> bytes{};
    GUEST_TRY(load_range(cpu, insn, std::span(bytes).first(format.size())));
    load_environment(cpu, format, bytes.data());
    return Flow::next;
}

Step save(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    const EnvironmentFormat format = environment_format(cpu, insn);
    std::array<u8, 28 + register_bytes> bytes{};
    make_environment(cpu.state.fpu, format, bytes.data());
    for (unsigned i = 0; i < 8; ++i) std::memcpy(bytes.data() + format.size() + 10 * i, cpu.state.fpu.st[i].data(), 10);
    GUEST_TRY(store_range(cpu, insn, std::span(bytes).first(format.size() + register_bytes)));
    initialize(cpu);
    return Flow::next;
}

Step restore(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu); flow != Flow::next) return flow;
    const EnvironmentFormat format = environment_format(cpu, insn);
    std::array<u8, 28 + register_bytes> bytes{};
    GUEST_TRY(load_range(cpu, insn, std::span(bytes).first(format.size() + register_bytes)));
    load_environment(cpu, format, bytes.data());
    for (unsigned i = 0; i < 8; ++i) {
        cpu.state.fpu.st[i] = {};
        std::memcpy(cpu.state.fpu.st[i].data(), bytes.data() + format.size() + 10 * i, 10);
    }
    return Flow::next;
}

Step store_status_memory(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    GUEST_TRY(write_memory<u16>(cpu, insn, cpu.state.fpu.fsw));
    return Flow::next;
}

Step store_status_ax(Cpu& cpu, const Insn&) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    cpu.state.set_reg<u16>(Gpr::ax, cpu.state.fpu.fsw);
    return Flow::next;
}

Step store_control(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    GUEST_TRY(write_memory<u16>(cpu, insn, cpu.state.fpu.fcw));
    return Flow::next;
}

Step load_control(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu); flow != Flow::next) return flow;
    const u16 value = GUEST_TRY(read_memory<u16>(cpu, insn));
    cpu.state.fpu.fcw = static_cast<u16>((value & control_word_mask) | control_word_ones);
    update_error_summary(cpu);
    return Flow::next;
}

Step clear_exceptions(Cpu& cpu, const Insn&) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    cpu.state.fpu.fsw &= conditions_and_top;
    update_error_summary(cpu);
    return Flow::next;
}

Step initialize_handler(Cpu& cpu, const Insn&) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    initialize(cpu);
    return Flow::next;
}

/// WAIT looks at MP and TS, not at EM (SDM vol. 3A, table 2-2).
Step wait(Cpu& cpu, const Insn&) {
    constexpr u64 both = cr0::mp | cr0::ts;
    if ((cpu.state.cr0 & both) == both) return cpu.raise(Vector::device_not_available);
    if (cpu.state.fpu_exception_pending) return pending_exception(cpu);
    return Flow::next;
}

/// FENI and FDISI of the 8087, FSETPM of the 80287.
Step obsolete(Cpu& cpu, const Insn&) { return enter_x87(cpu, false); }

} // namespace

namespace select {

Handler fnstenv(const Insn&) { return store_environment; }
Handler fldenv(const Insn&) { return load_environment_handler; }
Handler fnsave(const Insn&) { return save; }
Handler frstor(const Insn&) { return restore; }
Handler fnstsw(const Insn& insn) { return insn.has_memory() ? store_status_memory : store_status_ax; }
Handler fnstcw(const Insn&) { return store_control; }
Handler fldcw(const Insn&) { return load_control; }
Handler fnclex(const Insn&) { return clear_exceptions; }
Handler fninit(const Insn&) { return initialize_handler; }
Handler fwait(const Insn&) { return wait; }
Handler x87_obsolete(const Insn&) { return obsolete; }

} // namespace select

} // namespace ringshift
