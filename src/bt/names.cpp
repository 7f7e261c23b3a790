#include "bt/names.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace ringshift::bt {

namespace {

struct Field {
    std::size_t offset;
    std::size_t size;
    std::size_t element; ///< of an array: its bytes; 0: no array
    std::string_view name;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
#define FIELD(name)                                                                                                    \
    Field { offsetof(CpuState, name), sizeof(CpuState::name), 0, #name }
#define ARRAY(name)                                                                                                    \
    Field { offsetof(CpuState, name), sizeof(CpuState::name), sizeof(CpuState::name[0]), #name }
constexpr std::array state_fields{
    ARRAY(gpr), FIELD(rip), FIELD(arithmetic_flags), FIELD(system_flags), FIELD(cpl), FIELD(activity), FIELD(shadow),
    FIELD(nmi_blocked), FIELD(pending_debug), FIELD(budget), FIELD(budget_reserve), FIELD(cr0), FIELD(cr2), FIELD(cr3),
    FIELD(cr4), FIELD(efer), ARRAY(pdpte), ARRAY(dr), FIELD(a20), FIELD(sysenter_cs), FIELD(sysenter_esp),
    FIELD(sysenter_eip), FIELD(pat), FIELD(mtrr_def_type), FIELD(misc_enable), FIELD(tsc_offset), FIELD(tsc_aux),
    FIELD(fpu_exception_pending),
    // With their parts: a field of a field has no operator.
    Field{offsetof(CpuState, gdtr) + offsetof(TableRegister, base), 8, 0, "gdtr.base"},
    Field{offsetof(CpuState, gdtr) + offsetof(TableRegister, limit), 4, 0, "gdtr.limit"},
    Field{offsetof(CpuState, idtr) + offsetof(TableRegister, base), 8, 0, "idtr.base"},
    Field{offsetof(CpuState, idtr) + offsetof(TableRegister, limit), 4, 0, "idtr.limit"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fcw), 2, 0, "fpu.fcw"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fsw), 2, 0, "fpu.fsw"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, ftw), 1, 0, "fpu.ftw"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fop), 2, 0, "fpu.fop"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fip), 4, 0, "fpu.fip"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fcs), 2, 0, "fpu.fcs"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fdp), 4, 0, "fpu.fdp"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, fds), 2, 0, "fpu.fds"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, mxcsr), 4, 0, "fpu.mxcsr"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, st), 128, 16, "fpu.st"},
    Field{offsetof(CpuState, fpu) + offsetof(FpuState, xmm), 128, 16, "fpu.xmm"}, FIELD(fpu)};
#undef FIELD
#undef ARRAY
constexpr std::array segment_fields{Field{offsetof(Segment, selector), 2, 0, "selector"},
                                    Field{offsetof(Segment, attributes), 2, 0, "attributes"},
                                    Field{offsetof(Segment, limit), 4, 0, "limit"},
                                    Field{offsetof(Segment, base), 8, 0, "base"},
                                    Field{offsetof(Segment, low), 4, 0, "low"},
                                    Field{offsetof(Segment, usable), 4, 0, "usable"},
                                    Field{offsetof(Segment, read_span), 8, 0, "read_span"},
                                    Field{offsetof(Segment, write_span), 8, 0, "write_span"}};
constexpr std::array<std::string_view, 8> segment_names{"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"};
constexpr std::size_t segments_begin = offsetof(CpuState, segments),
                      attention_place = offsetof(Cpu, attention) - offsetof(Cpu, state);
static_assert(offsetof(CpuState, ldtr) == segments_begin + 6 * sizeof(Segment));
static_assert(offsetof(CpuState, tr) == segments_begin + 7 * sizeof(Segment));
#pragma GCC diagnostic pop

constexpr std::array runtime_fields{
    Field{offsetof(Runtime, helper), 8, 0, "helper"},
    Field{offsetof(Runtime, helper_instead), 8, 0, "helper_instead"},
    Field{offsetof(Runtime, leave_direct), 8, 0, "leave_direct"},
    Field{offsetof(Runtime, leave_indirect), 8, 0, "leave_indirect"},
    Field{offsetof(Runtime, leave_budget), 8, 0, "leave_budget"},
    Field{offsetof(Runtime, load_sse), 8, 0, "load_sse"},
    Field{offsetof(Runtime, load_x87), 8, 0, "load_x87"},
    Field{offsetof(Runtime, sse_away), 4, 0, "sse_away"},
    Field{offsetof(Runtime, x87_away), 4, 0, "x87_away"},
    Field{offsetof(Runtime, host_mxcsr), 4, 0, "host_mxcsr"},
    Field{offsetof(Runtime, indirect), 8, 0, "indirect"},
    Field{offsetof(Runtime, recall), 8, 0, "recall"},
    Field{offsetof(Runtime, own_context), 8, 0, "own_context"},
    Field{offsetof(Runtime, thread_stack), 8, 0, "thread_stack"},
    Field{offsetof(Runtime, left), 8, 0, "left"},
    Field{offsetof(Runtime, marks), 8, 0, "marks"},
    Field{offsetof(Runtime, user_marks), 8, 0, "user_marks"},
    Field{offsetof(Runtime, return_top), 8, 0, "return_top"},
    Field{offsetof(Runtime, leave), 4, 0, "leave"},
    Field{offsetof(Runtime, flow), 4, 0, "flow"},
    Field{offsetof(Runtime, site), 8, 0, "site"},
    Field{offsetof(Runtime, link), 8, 0, "link"},
    Field{offsetof(Runtime, counter), 8, 0, "counter"},
    Field{offsetof(Runtime, window), 8, 0, "window"},
    Field{offsetof(Runtime, scratch), 8, 0, "scratch"},
    Field{offsetof(Runtime, shared), sizeof(Runtime::shared), 8, "shared"},
    Field{offsetof(Runtime, context), 8, 0, "context"},
    Field{offsetof(Runtime, code), 8, 0, "code"},
    Field{offsetof(Runtime, arriving), 8, 0, "arriving"},
    Field{offsetof(Runtime, arrivals), 8, 0, "arrivals"},
};

template <typename Fields>
std::string find(const Fields& fields, std::size_t offset) {
    for (const Field& field : fields) {
        if (offset < field.offset || offset >= field.offset + field.size) continue;
        std::size_t rest = offset - field.offset;
        std::string name(field.name);
        if (field.element != 0) {
            name += fmt::format("{}", rest / field.element);
            rest %= field.element;
        }
        return rest == 0 ? name : fmt::format("{}+{}", name, rest);
    }
    return {};
}

std::string state_name(std::size_t offset) {
    if (offset == attention_place) return "attention";
    if (offset >= segments_begin && offset < segments_begin + segment_names.size() * sizeof(Segment)) {
        const std::size_t n = (offset - segments_begin) / sizeof(Segment);
        return fmt::format("state.{}.{}", segment_names[n],
                           find(segment_fields, (offset - segments_begin) % sizeof(Segment)));
    }
    const std::string name = find(state_fields, offset);
    return name.empty() ? fmt::format("state+{:#x}", offset) : "state." + name;
}

std::string register_name(u8 number) {
    constexpr std::array<std::string_view, 16> names{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                                     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    return std::string(number < names.size() ? names[number] : "?");
}

} // namespace

std::string offset_name(u32 offset) { return fmt::format("+{:03x}", offset); }

std::string Names::memory(const HostMemory& m) const {
    const bool indexed = m.index != HostMemory::no_register;
    if (m.base == 15 && !indexed) return state_name(static_cast<std::size_t>(m.displacement));
    if (m.base == 14) return table(m);
    if (m.base == 11 && indexed && m.factor == 1) {
        std::string name = "r11+" + register_name(m.index);
        if (m.displacement != 0) name += fmt::format("+{}", m.displacement);
        return name;
    }
    return {};
}

/// The soft TLB and the engine's tables.
std::string Names::table(const HostMemory& m) const {
    const bool indexed = m.index != HostMemory::no_register;
    const std::string index = indexed ? fmt::format("[{}]", register_name(m.index)) : "";
    const i64 in_tlb = m.displacement + table_bias;
    constexpr i64 one = sizeof(Mmu::FastTlb);
    if (in_tlb >= 0 && in_tlb < 2 * one) {
        const std::string_view which = in_tlb >= one ? "user_tlb" : "tlb";
        const auto field = static_cast<std::size_t>(in_tlb % one);
        if (field == offsetof(Mmu::FastTlb, read_tag)) return fmt::format("{}.read_tag{}", which, index);
        if (field == offsetof(Mmu::FastTlb, write_tag)) return fmt::format("{}.write_tag{}", which, index);
        if (field == offsetof(Mmu::FastTlb, addend)) return fmt::format("{}.addend{}", which, index);
        return {};
    }
    const i64 in_runtime = m.displacement - m_runtime_distance;
    if (in_runtime < 0 || in_runtime >= static_cast<i64>(sizeof(Runtime))) return {};
    const auto field = static_cast<std::size_t>(in_runtime);
    if (field >= offsetof(Runtime, jumps) && field < offsetof(Runtime, jumps) + sizeof(Runtime::jumps)) {
        const bool code = (field - offsetof(Runtime, jumps)) % sizeof(Runtime::JumpTarget) != 0;
        return fmt::format("jumps{}.{}", index, code ? "code" : "key");
    }
    if (field >= offsetof(Runtime, own_targets) &&
        field < offsetof(Runtime, own_targets) + sizeof(Runtime::own_targets)) {
        const bool code = (field - offsetof(Runtime, own_targets)) % sizeof(Runtime::OwnTarget) != 0;
        return fmt::format("own_target.{}", code ? "code" : "key");
    }
    const std::string name = find(runtime_fields, field);
    return name.empty() ? fmt::format("runtime+{:#x}{}", field, index) : "runtime." + name + index;
}

std::string Names::immediate(u64 value) const {
    if (m_block.own_bytes && value == reinterpret_cast<u64>(m_block.own_bytes)) return "own_bytes";
    // A guest's constant has 32 bits, perhaps extended by their sign.
    if (value >> 32 != 0 && value >> 31 != 0x1FFFFFFFF) return "host_address";
    return {};
}

std::string Names::target(i64 distance) const {
    const i64 at = static_cast<i64>(m_offset) + distance;
    for (std::size_t i = 0; i < m_block.links.size(); ++i)
        if (at == m_block.links[i].stub) return fmt::format("link{} ({})", i, offset_name(m_block.links[i].stub));
    if (at >= 0 && at < static_cast<i64>(m_block.code_size)) return offset_name(static_cast<u32>(at));
    for (std::size_t i = 0; i < m_block.links.size(); ++i)
        if (m_block.links[i].patch > m_offset && m_block.links[i].patch < m_offset + 15)
            return fmt::format("block_{:08x}", m_block.links[i].target);
    return {};
}

} // namespace ringshift::bt
