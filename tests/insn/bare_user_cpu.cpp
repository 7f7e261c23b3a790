#include "bare_user_cpu.h"

namespace ringshift {

namespace {
// Physical layout: GDT, IDT, TSS, one HLT for each vector, page tables, then the arena. Only the arena is a user page.
constexpr u32 gdt = 0x1000, idt = 0x2000, tss = 0x3000, handlers = 0x4000, directory = 0x5000, low_table = 0x6000,
              arena_table = 0x7000, kernel_stack = 0x9000, arena = 0x10000;
constexpr u16 user_code = 0x1B, user_data = 0x23, user_code16 = 0x33, user_data16 = 0x3B;

u64 descriptor(u32 base, u32 limit, u32 attributes) {
    return (limit & 0xFFFF) | (u64{base & 0xFFFFFF} << 16) | (u64{attributes & 0xFF} << 40) |
           (u64{limit >> 16 & 0xF} << 48) | (u64{attributes >> 8 & 0xF} << 52) | (u64{base >> 24} << 56);
}
} // namespace

BareUserCpu::BareUserCpu(std::string_view engine) : m_bare(1 << 20, "max", engine) {
    PhysicalMap& m = m_bare.memory;
    const std::array<u64, 9> descriptors{0,
                                         descriptor(0, 0xFFFFF, 0xC9B),
                                         descriptor(0, 0xFFFFF, 0xC93),
                                         descriptor(0, 0xFFFFF, 0xCFB),
                                         descriptor(0, 0xFFFFF, 0xCF3),
                                         descriptor(tss, 0x67, 0x089),
                                         descriptor(ARENA_BASE, 0xFFFF, 0x0FB),
                                         descriptor(ARENA_BASE, 0xFFFF, 0x0F3),
                                         0};
    for (u32 i = 0; i < descriptors.size(); ++i) m.write_value<u64>(PhysAddr(gdt + 8 * i), descriptors[i]);
    for (u32 i = 0; i < 32; ++i) {
        const u32 gate_dpl = i == 3 || i == 4 ? 0xEE00 : 0x8E00;
        m.write_value<u32>(PhysAddr(idt + 8 * i), (8u << 16) | (handlers + i));
        m.write_value<u32>(PhysAddr(idt + 8 * i + 4), gate_dpl);
        m.write_value<u8>(PhysAddr(handlers + i), 0xF4);
    }
    m.write_value<u32>(PhysAddr(tss + 4), kernel_stack);
    m.write_value<u32>(PhysAddr(tss + 8), 0x10);
    m.write_value<u32>(PhysAddr(tss + 0x64), 0x680000);
    m.write_value<u32>(PhysAddr(directory), low_table | 3);
    m.write_value<u32>(PhysAddr(directory + 4 * (ARENA_BASE >> 22)), arena_table | 7);
    for (u32 i = 0; i < 16; ++i) {
        m.write_value<u32>(PhysAddr(low_table + 4 * i), (i * 0x1000) | 3);
        m.write_value<u32>(PhysAddr(arena_table + 4 * i), (arena + i * 0x1000) | 7);
    }
}

UserProgram BareUserCpu::run(const UserProgram& program, i64 instructions) {
    Cpu& cpu = *m_bare.cpu;
    cpu.reset();
    CpuState& state = cpu.state;
    m_bare.put(arena, program.arena);
    state.cr0 = cr0::pe | cr0::pg | cr0::wp | cr0::ne | cr0::et | cr0::mp | cr0::am;
    state.cr3 = directory;
    state.cr4 = cr4::osfxsr | cr4::osxmmexcpt;
    state.gdtr = {gdt, 71};
    state.idtr = {idt, 255};
    const auto set = [&](SegmentName name, u16 selector) {
        Segment& s = state.segment(name);
        const u64 d = m_bare.memory.read_value<u64>(PhysAddr(gdt + (selector & ~7u)));
        s.selector = selector;
        s.base = (d >> 16 & 0xFFFFFF) | (d >> 56 << 24);
        s.attributes = static_cast<u16>((d >> 40 & 0xFF) | (d >> 52 & 0xF) << 8);
        s.limit = static_cast<u32>((d & 0xFFFF) | (d >> 48 & 0xF) << 16);
        if (s.attributes & segment_attribute::g) s.limit = (s.limit << 12) | 0xFFF;
        s.usable = 1;
    };
    const bool wide = program.bits == 32;
    set(SegmentName::cs, wide ? user_code : user_code16);
    for (const auto name : {SegmentName::ss, SegmentName::ds, SegmentName::es})
        set(name, wide ? user_data : user_data16);
    for (const auto name : {SegmentName::fs, SegmentName::gs}) state.segment(name) = Segment{};
    state.tr = {.selector = 0x28, .attributes = 0x8B, .limit = 0x67, .base = tss};
    state.tr.usable = 1;
    state.cpl = 3;
    state.fpu.fcw = 0x37F;
    state.fpu.ftw = 0;
    state.set_eflags((program.state.eflags & 0x244CD5) | flag::if_);
    for (std::size_t i = 0; i < 8; ++i) state.set_reg<u32>(static_cast<Gpr>(i), program.state.gpr[i]);
    state.rip = program.state.eip;
    cpu.update_mode();
    cpu.update_paging(Cpu::Flush::all);
    cpu.update_debug();
    const Exit exit = m_bare.engine->run(instructions);

    UserProgram after;
    after.bits = program.bits;
    reply& r = after.state;
    m_bare.memory.read(PhysAddr(arena), after.arena);
    for (std::size_t i = 0; i < 8; ++i) r.gpr[i] = state.reg<u32>(static_cast<Gpr>(i));
    std::memcpy(r.fxsave, &state.fpu, sizeof r.fxsave);
    const u32 ip = static_cast<u32>(state.rip) - 1; // the handler's HLT has executed
    if (exit != Exit::halted || ip < handlers || ip >= handlers + 32) {
        r.vector = TIMED_OUT;
        r.eip = static_cast<u32>(state.rip);
        return after;
    }
    r.vector = ip - handlers;
    u32 frame = state.reg<u32>(Gpr::sp);
    if (r.vector == 8 || (r.vector >= 10 && r.vector <= 14) || r.vector == 17) {
        r.error_code = m_bare.memory.read_value<u32>(PhysAddr(frame));
        frame += 4;
    }
    r.eip = m_bare.memory.read_value<u32>(PhysAddr(frame));
    r.eflags = m_bare.memory.read_value<u32>(PhysAddr(frame + 8));
    r.gpr[4] = m_bare.memory.read_value<u32>(PhysAddr(frame + 12));
    r.cr2 = r.vector == 14 ? static_cast<u32>(state.cr2) : 0;
    return after;
}

} // namespace ringshift
