// Segmentation (SDM vol. 3A, chapters 3 and 5): a segment register is a selector and a hidden copy of its descriptor.
//
// In protected mode a load fetches the descriptor, checks type, privilege and presence in the manual's order, sets the
// accessed bit in memory, and only then replaces the register. In real mode a load changes the base alone: limit and
// size stay as the last protected-mode load left them, which is what "unreal mode" lives on (9.9.2). In virtual-8086
// mode everything but the base is fixed (20.1.1).
//
// Segment::low and the spans are derived: whoever changes attributes, limit or usability calls Segment::update().

#include "cpu/descriptor.h"
#include "cpu/memory.h"

namespace ringshift {

using namespace segment_attribute;

Maybe<std::optional<Descriptor>> find_descriptor(Cpu& cpu, u16 selector) {
    using Found = Maybe<std::optional<Descriptor>>;
    const CpuState& state = cpu.state;
    const u32 offset = selector & 0xFFF8u;
    u64 base = state.gdtr.base;
    u32 table_limit = state.gdtr.limit;
    if (is_local(selector)) {
        if (!state.ldtr.usable) return Found(std::nullopt);
        base = state.ldtr.base;
        table_limit = state.ldtr.limit;
    }
    if (offset + 7 > table_limit) return Found(std::nullopt);
    Descriptor descriptor;
    descriptor.address = LinearAddr((base + offset) & 0xFFFFFFFF);
    descriptor.raw = GUEST_TRY(cpu.read_system<u64>(descriptor.address));
    return Found(descriptor);
}

Maybe<Descriptor> fetch_descriptor(Cpu& cpu, u16 selector, Vector vector) {
    const std::optional<Descriptor> found = GUEST_TRY(find_descriptor(cpu, selector));
    if (!found) return cpu.raise(vector, selector_error(selector));
    return *found;
}

Maybe<void> mark_accessed(Cpu& cpu, Descriptor& descriptor) {
    if (descriptor.has(accessed)) return {};
    const u8 rights = static_cast<u8>((descriptor.raw >> 40) | accessed);
    GUEST_TRY(cpu.write_system<u8>(LinearAddr((descriptor.address.value + 5) & 0xFFFFFFFF), rights));
    descriptor.raw |= u64{accessed} << 40;
    return {};
}

Maybe<void> write_busy(Cpu& cpu, Descriptor& descriptor, bool busy) {
    const u64 bit = u64{system_type::busy} << 40;
    const u64 raw = busy ? descriptor.raw | bit : descriptor.raw & ~bit;
    GUEST_TRY(
        cpu.write_system<u8>(LinearAddr((descriptor.address.value + 5) & 0xFFFFFFFF), static_cast<u8>(raw >> 40)));
    descriptor.raw = raw;
    return {};
}

Segment make_segment(u16 selector, const Descriptor& descriptor) {
    Segment segment;
    segment.selector = selector;
    segment.attributes = descriptor.attributes();
    segment.limit = descriptor.limit();
    segment.base = descriptor.base();
    segment.usable = 1;
    segment.update(false);
    return segment;
}

Segment make_null_segment(const Segment& before, u16 selector) {
    Segment segment = before;
    segment.selector = selector;
    segment.usable = 0;
    segment.update(false);
    return segment;
}

Segment make_v86_segment(u16 selector) {
    Segment segment;
    segment.selector = selector;
    segment.attributes = p | dpl | s | writable | accessed;
    segment.limit = 0xFFFF;
    segment.base = u64{selector} << 4;
    segment.usable = 1;
    segment.update(true);
    return segment;
}

void Cpu::load_segment_real(SegmentName name, u16 selector) {
    Segment& segment = state.segment(name);
    if (state.v86_mode()) {
        segment = make_v86_segment(selector);
        return;
    }
    segment.selector = selector;
    segment.base = u64{selector} << 4;
    segment.attributes = static_cast<u16>((segment.attributes & (db | g | avl | l)) | p | s | writable | accessed);
    segment.usable = 1;
    segment.update(true);
}

Maybe<void> Cpu::load_segment(SegmentName name, u16 selector) {
    if (state.real_or_v86()) {
        load_segment_real(name, selector);
        return {};
    }
    if (name == SegmentName::ss) {
        state.segment(name) = GUEST_TRY(fetch_stack_segment(*this, selector, state.cpl, Vector::general_protection));
        return {};
    }
    Segment& segment = state.segment(name);
    if (is_null(selector)) {
        segment = make_null_segment(segment, selector);
        return {};
    }
    Descriptor descriptor = GUEST_TRY(fetch_descriptor(*this, selector, Vector::general_protection));
    const bool privileged = descriptor.is_conforming() || (requested_privilege(selector) <= descriptor.dpl() &&
                                                           state.cpl <= descriptor.dpl()); // SDM vol. 3A, 5.6
    if (!descriptor.is_readable() || !privileged) return raise_gp(selector_error(selector));
    if (!descriptor.present()) return raise(Vector::segment_not_present, selector_error(selector));
    GUEST_TRY(mark_accessed(*this, descriptor));
    segment = make_segment(selector, descriptor);
    return {};
}

Maybe<Segment> fetch_stack_segment(Cpu& cpu, u16 selector, u8 cpl, Vector vector) { // SDM vol. 3A, 5.7
    if (is_null(selector)) return cpu.raise(vector, selector_error(selector));
    Descriptor descriptor = GUEST_TRY(fetch_descriptor(cpu, selector, vector));
    if (requested_privilege(selector) != cpl || !descriptor.is_writable() || descriptor.dpl() != cpl)
        return cpu.raise(vector, selector_error(selector));
    if (!descriptor.present()) return cpu.raise(Vector::stack_fault, selector_error(selector));
    GUEST_TRY(mark_accessed(cpu, descriptor));
    return make_segment(selector, descriptor);
}

Maybe<Descriptor> fetch_code_target(Cpu& cpu, u16 selector, CodeTarget kind) {
    const u32 error_code = selector_error(selector);
    if (is_null(selector)) return cpu.raise_gp(0);
    const Descriptor descriptor = GUEST_TRY(fetch_descriptor(cpu, selector, Vector::general_protection));
    const u8 rpl = requested_privilege(selector);
    const u8 cpl = cpu.state.cpl;
    if (kind == CodeTarget::transfer) {
        if (descriptor.is_system()) return descriptor; // a gate or TSS: the caller goes on
        if (!descriptor.is_code()) return cpu.raise_gp(error_code);
        const bool allowed =
            descriptor.is_conforming() ? descriptor.dpl() <= cpl : descriptor.dpl() == cpl && rpl <= cpl;
        if (!allowed) return cpu.raise_gp(error_code);
    } else {
        if (!descriptor.is_code() || rpl < cpl) return cpu.raise_gp(error_code);
        const bool allowed = descriptor.is_conforming() ? descriptor.dpl() <= rpl : descriptor.dpl() == rpl;
        if (!allowed) return cpu.raise_gp(error_code);
    }
    if (!descriptor.present()) return cpu.raise(Vector::segment_not_present, error_code);
    return descriptor;
}

void set_code_segment(Cpu& cpu, u16 selector, const Descriptor& descriptor, u8 cpl, u32 ip) {
    cpu.state.segment(SegmentName::cs) = make_segment(static_cast<u16>((selector & 0xFFFC) | cpl), descriptor);
    cpu.state.cpl = cpl;
    cpu.state.rip = ip;
}

Maybe<void> load_ldtr(Cpu& cpu, u16 selector, Vector vector, Vector absent) { // SDM vol. 2A, LLDT
    const u32 error_code = selector_error(selector);
    if (is_null(selector)) {
        cpu.state.ldtr = make_null_segment(cpu.state.ldtr, selector);
        return {};
    }
    if (is_local(selector)) return cpu.raise(vector, error_code);
    const Descriptor descriptor = GUEST_TRY(fetch_descriptor(cpu, selector, vector));
    if (!descriptor.is_system(system_type::ldt)) return cpu.raise(vector, error_code);
    if (!descriptor.present()) return cpu.raise(absent, error_code);
    cpu.state.ldtr = make_segment(selector, descriptor);
    return {};
}

Maybe<void> load_task_register(Cpu& cpu, u16 selector) { // SDM vol. 2A, LTR
    const u32 error_code = selector_error(selector);
    if (is_null(selector)) return cpu.raise_gp(0);
    if (is_local(selector)) return cpu.raise_gp(error_code);
    Descriptor descriptor = GUEST_TRY(fetch_descriptor(cpu, selector, Vector::general_protection));
    if (!descriptor.is_available_tss()) return cpu.raise_gp(error_code);
    if (!descriptor.present()) return cpu.raise(Vector::segment_not_present, error_code);
    GUEST_TRY(write_busy(cpu, descriptor, true));
    cpu.state.tr = make_segment(selector, descriptor);
    return {};
}

namespace {

/// What LAR, LSL, VERR and VERW share: the descriptor, if this privilege may look at it.
Maybe<std::optional<Descriptor>> find_visible(Cpu& cpu, u16 selector, u16 system_types) {
    using Found = Maybe<std::optional<Descriptor>>;
    if (is_null(selector)) return Found(std::nullopt);
    const std::optional<Descriptor> found = GUEST_TRY(find_descriptor(cpu, selector));
    if (!found) return Found(std::nullopt);
    if (found->is_system() && ((system_types >> found->type()) & 1) == 0) return Found(std::nullopt);
    const bool privileged =
        found->is_conforming() || (requested_privilege(selector) <= found->dpl() && cpu.state.cpl <= found->dpl());
    return Found(privileged ? found : std::nullopt);
}

constexpr u16 type_bit(u8 type_number) { return static_cast<u16>(1u << type_number); }
constexpr u16 with_limit = type_bit(system_type::tss16_available) | type_bit(system_type::ldt) |
                           type_bit(system_type::tss16_busy) | type_bit(system_type::tss32_available) |
                           type_bit(system_type::tss32_busy);
constexpr u16 with_rights = with_limit | type_bit(system_type::call_gate16) | type_bit(system_type::task_gate) |
                            type_bit(system_type::call_gate32);

} // namespace

Maybe<std::optional<u32>> access_rights(Cpu& cpu, u16 selector) {
    using Found = Maybe<std::optional<u32>>;
    const std::optional<Descriptor> found = GUEST_TRY(find_visible(cpu, selector, with_rights));
    if (!found) return Found(std::nullopt);
    // Limit bits 16-19, undefined by the manual, are there on silicon.
    return Found(static_cast<u32>(found->raw >> 32) & 0x00FFFF00);
}

Maybe<std::optional<u32>> segment_limit(Cpu& cpu, u16 selector) {
    using Found = Maybe<std::optional<u32>>;
    const std::optional<Descriptor> found = GUEST_TRY(find_visible(cpu, selector, with_limit));
    if (!found) return Found(std::nullopt);
    return Found(found->limit());
}

Maybe<bool> verify_segment(Cpu& cpu, u16 selector, bool for_writing) {
    const std::optional<Descriptor> found = GUEST_TRY(find_visible(cpu, selector, 0));
    return found && (for_writing ? found->is_writable() : found->is_readable());
}

Maybe<InnerStack> read_inner_stack(Cpu& cpu, u8 cpl) {
    const Segment& tr = cpu.state.tr;
    const bool wide = (tr.attributes & 8) != 0;
    const u32 offset = wide ? cpl * 8u + 4 : cpl * 4u + 2;
    if (offset + (wide ? 5 : 3) > tr.limit) return cpu.raise(Vector::invalid_tss, selector_error(tr.selector));
    const auto at = [&](u32 displacement) { return LinearAddr((tr.base + offset + displacement) & 0xFFFFFFFF); };
    InnerStack stack;
    stack.pointer = wide ? GUEST_TRY(cpu.read_system<u32>(at(0))) : GUEST_TRY(cpu.read_system<u16>(at(0)));
    stack.selector = GUEST_TRY(cpu.read_system<u16>(at(wide ? 4 : 2)));
    return stack;
}

Maybe<void> StackWriter::reserve(u8 size, unsigned count) {
    u32 pointer = m_pointer;
    while (count-- > 0) {
        pointer = below(pointer, size);
        if (!detail::within(m_segment, pointer, size, m_segment.write_span))
            return m_cpu.raise(Vector::stack_fault, m_error_code);
    }
    return {};
}

Maybe<void> StackWriter::push(u8 size, u32 value) {
    GUEST_TRY(reserve(size, 1));
    const u32 top = below(m_pointer, size);
    const LinearAddr address(static_cast<u32>(m_segment.base + top));
    if (u8* host = m_cpu.mmu.fast_write(address, size, m_privilege == Privilege::User)) [[likely]] {
        std::memcpy(host, &value, size);
        m_pointer = top;
        return {};
    }
    GUEST_TRY(m_cpu.write_bytes(address, {reinterpret_cast<const u8*>(&value), size}, m_privilege));
    m_pointer = top;
    return {};
}

void StackWriter::commit_pointer() {
    if (m_segment.is_32bit())
        m_cpu.state.set_reg<u32>(Gpr::sp, m_pointer);
    else
        m_cpu.state.set_reg<u16>(Gpr::sp, static_cast<u16>(m_pointer));
}

} // namespace ringshift
