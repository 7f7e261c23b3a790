#include "fuzz_guest.h"

#include "cpu/descriptor.h"

namespace ringshift {

std::string_view name_of(GuestKind kind) {
    static constexpr std::string_view names[] = {"32-bit at CPL 0", "32-bit at CPL 3", "16-bit at CPL 0",
                                                 "16-bit at CPL 3", "real mode",       "virtual-8086 mode"};
    return names[static_cast<std::size_t>(kind)];
}

/// Registers that answer with noise and remember every access.
struct GuestDevices final : MmioHandler {
    BarePlatform* platform = nullptr;
    std::vector<u8> rom = std::vector<u8>(page_size);

    static constexpr u64 space = u64{1} << 20; ///< beside the ports
    u64 read(PhysAddr address, unsigned size) override {
        platform->note(space + address.offset(), size, 1);
        return platform->trace >> 8;
    }
    void write(PhysAddr address, unsigned size, u64 value) override {
        platform->note(space + address.offset(), size, static_cast<u32>(value ^ value >> 32));
    }
    void read_range(PhysAddr address, std::span<u8> out) override {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<u8>((address.value + i) * 0x9D);
    }
    void write_range(PhysAddr address, std::span<const u8> in) override {
        for (std::size_t i = 0; i < in.size(); ++i) platform->note(space + address.offset() + i, 1, in[i]);
    }
};

std::shared_ptr<GuestDevices> make_guest_devices() { return std::make_shared<GuestDevices>(); }

u32 zone_entry(unsigned page, unsigned choice) {
    const u32 frame = guest::physical_zone + page * 0x1000;
    switch (choice % zone_choices) {
    case 0: return frame | 5; // read-only
    case 1: return frame | 3; // the supervisor's
    case 2: return frame | 6; // absent
    case 3: return static_cast<u32>(guest::registers) | 7;
    case 4: return static_cast<u32>(guest::rom) | 7;
    case 5: return 0x500000 | 7;                                      // nothing there
    case 6: return (guest::physical_arena + (page & 7) * 0x1000) | 7; // code by another name
    case 7: return (guest::physical_arena + 0x8000 + (page & 3) * 0x1000) | 5;
    case 8: return (guest::physical_zone + (page ^ 1) * 0x1000) | 7;
    default: return frame | 7;
    }
}

namespace {

constexpr u64 descriptor(u32 base, u32 limit_field, u32 attributes) {
    return (limit_field & 0xFFFF) | (u64{base & 0xFFFFFF} << 16) | (u64{attributes & 0xFF} << 40) |
           (u64{limit_field >> 16 & 0xF} << 48) | (u64{attributes >> 8 & 0xF} << 52) | (u64{base >> 24} << 56);
}

constexpr u32 gdt = 0x1000, idt = 0x1800, tss = 0x2000, variables = 0x3000, directory = 0x40000, directory2 = 0x41000,
              low_table = 0x42000, arena_table = 0x44000, arena_table2 = 0x45000, kernel_stack = 0x8000;

void put_tables(PhysicalMap& m, const GuestProgram& program) {
    using namespace guest;
    const u32 arena = program.arena_at();
    const auto set = [&](u16 selector, u64 value) { m.write_value<u64>(PhysAddr(gdt + selector), value); };
    set(code0, descriptor(0, 0xFFFFF, 0xC9B));
    set(data0, descriptor(0, 0xFFFFF, 0xC93));
    set(code3, descriptor(0, 0xFFFFF, 0xCFB));
    set(data3, descriptor(0, 0xFFFFF, 0xCF3));
    set(task, descriptor(tss, 0xE7, 0x08B));
    set(code16_3, descriptor(arena, 0xFFFF, 0x0FB));
    set(data16_3, descriptor(arena, 0xFFFF, 0x0F3));
    set(code16_0, descriptor(arena, 0xFFFF, 0x09B));
    set(data16_0, descriptor(arena, 0xFFFF, 0x093));
    set(small, descriptor(zone, 0x1FFF, 0x4F3));
    set(down32, descriptor(zone + 0x8000, 0xFFFF7, 0xCF7));
    set(down16, descriptor(arena, 0x7DFF, 0x0F7));
    set(read_only, descriptor(0, 0xFFFFF, 0xCF1));
    set(absent, descriptor(0, 0xFFFFF, 0xC73));
    set(execute_only, descriptor(0, 0xFFFFF, 0xCF9));
    set(based_code3, descriptor(arena, 0xFFFF, 0x4FB));
    set(based_code0, descriptor(arena, 0xFFFF, 0x49B));
    set(limited, descriptor(0, 0x1001F, 0xCF3)); // to the end of the zone
    set(conforming, descriptor(0, 0xFFFFF, 0xC9F));
    set(small_stack, descriptor(arena, 0xE, 0xCF3));

    for (u32 v = 0; v < 64; ++v) {
        const u32 handler = 0x4000 + 16 * v;
        const bool open = v == 3 || v == 4 || v >= 0x30;
        const u32 type = v % 5 == 4 ? 0x8F00 : 0x8E00; // trap gates leave IF
        m.write_value<u32>(PhysAddr(idt + 8 * v), (u32{code0} << 16) | handler);
        m.write_value<u32>(PhysAddr(idt + 8 * v + 4), type | (open ? 0x6000 : 0));
    }
    for (u32 v = 0; v < 256; ++v) m.write_value<u32>(PhysAddr(4 * v), 0x500 + 8 * std::min(v, 63u));

    m.write_value<u32>(PhysAddr(tss + 4), kernel_stack);
    m.write_value<u32>(PhysAddr(tss + 8), data0);
    m.write_value<u32>(PhysAddr(tss + 0x64), 0x680000);
    for (u32 i = 0; i < 0x80; ++i) // a few ports are open to everyone
        m.write_value<u8>(PhysAddr(tss + 0x68 + i), i % 4 == 0 ? 0 : 0xFF);
}

void put_page_tables(PhysicalMap& m, const GuestProgram& program, RandomValues& random) {
    using namespace guest;
    for (const u32 at : {directory, directory2}) {
        m.write_value<u32>(PhysAddr(at), low_table | 7);
        m.write_value<u32>(PhysAddr(at + 4 * (arena >> 22)), (at == directory ? arena_table : arena_table2) | 7);
    }
    for (u32 i = 0; i < 0x46; ++i) {
        if (i >= directory >> 12 && i < arena_table >> 12) continue;
        const bool user = i >= physical_arena >> 12 && i < (physical_arena + arena_size) >> 12;
        const bool fixed = i == 0 || i == 4; // handlers
        m.write_value<u32>(PhysAddr(low_table + 4 * i), (i << 12) | (user ? 7 : fixed ? 1 : 3));
    }
    const u32 global = program.other_space ? 0 : random.below(2) * 0x100;
    for (u32 i = 0; i < 16; ++i) {
        m.write_value<u32>(PhysAddr(arena_table + 4 * i), (physical_arena + i * 0x1000) | 7 | global);
        const bool other = program.other_space && i < 8 && random.below(2) == 0;
        m.write_value<u32>(PhysAddr(arena_table2 + 4 * i),
                           ((other ? physical_copy : physical_arena) + i * 0x1000) | 7 | global);
        m.write_value<u32>(PhysAddr(variables + 0x40 + 4 * i), (physical_zone + i * 0x1000) | 7);
        for (const u32 table : {zone_table, zone_table2})
            m.write_value<u32>(PhysAddr(table + 4 * i), zone_entry(i, random.below(zone_choices + 4)));
    }
}

} // namespace

void prepare_guest(BareCpu& bare, const GuestProgram& program, std::span<const u8> handlers,
                   std::vector<std::shared_ptr<GuestDevices>>& devices) {
    using namespace guest;
    RandomValues random(program.seed * 3 + 1);
    auto device = make_guest_devices();
    device->platform = &bare.platform;
    for (u8& byte : device->rom) byte = static_cast<u8>(random.below(8) ? 0x40 + random.below(8) : 0xC3); // INC; RET
    devices.push_back(device);
    bare.platform.noisy = true;
    PhysicalMap& m = bare.memory;
    m.map_mmio(PhysAddr(registers), page_size, *device);
    m.map_rom(PhysAddr(rom), page_size, device->rom.data());
    m.write(PhysAddr(0), handlers);
    put_tables(m, program);
    put_page_tables(m, program, random);
    m.write(PhysAddr(physical_arena), program.arena);
    m.write(PhysAddr(physical_copy), program.copy);
    for (u32 i = 0; i < 0x10000; i += 4)
        m.write_value<u32>(PhysAddr(physical_zone + i), static_cast<u32>(random.bits()));

    const u16 rpl = program.supervisor() ? 0 : 3;
    const bool flat = program.code32(), segmented = program.kind == GuestKind::real || program.kind == GuestKind::v86;
    const u16 cs = static_cast<u16>(segmented ? physical_arena >> 4
                                    : flat    ? (rpl ? code3 : code0) | rpl
                                              : (rpl ? code16_3 : code16_0) | rpl);
    const u16 ds = static_cast<u16>(segmented ? physical_arena >> 4
                                    : flat    ? (rpl ? data3 : data0) | rpl
                                              : (rpl ? data16_3 : data16_0) | rpl);
    const u32 base = flat ? arena : 0;
    const auto variable = [&](u32 offset, u32 value) { m.write_value<u32>(PhysAddr(variables + offset), value); };
    variable(0x00, static_cast<u32>(random.bits()));
    variable(0x04, base);
    variable(0x08, program.code_size() - program.stride);
    variable(0x38, program.stride);
    variable(0x3C, program.other_space ? directory ^ directory2 : 0);
    variable(0x0C, cs);
    // LSS of 16-bit code reads the selector behind two bytes.
    variable(0x10, program.kind == GuestKind::real ? u32{ds} << 16 | stack : base + stack);
    variable(0x14, ds);
    variable(0x18, program.kind == GuestKind::v86 ? data0 : ds);
    variable(0x34, ds);
    variable(0x1C, program.kind == GuestKind::v86 ? 2 : rpl ? 1 : 0);
    variable(0x28, kernel_stack);
    variable(0x2C, data0);
    variable(0x30, 0x1F80);

    Cpu& cpu = *bare.cpu;
    cpu.reset();
    CpuState& state = cpu.state;
    state.gdtr = {gdt, u32{guest::count} - 1};
    state.cr4 = cr4::osfxsr | cr4::osxmmexcpt | cr4::pge | cr4::de;
    state.cr0 = cr0::ne | cr0::et | cr0::mp;
    state.cr3 = directory;
    state.sysenter_cs = code0;
    state.sysenter_esp = kernel_stack;
    state.sysenter_eip = 0x4400;
    state.fpu.fcw = 0x37F;
    state.fpu.ftw = 0;
    if (program.kind == GuestKind::real) {
        state.idtr = {0, 0x3FF};
        for (const SegmentName name :
             {SegmentName::cs, SegmentName::ss, SegmentName::ds, SegmentName::es, SegmentName::fs, SegmentName::gs})
            cpu.load_segment_real(name, cs);
    } else {
        state.idtr = {idt, 64 * 8 - 1};
        state.cr0 |= cr0::pe | (program.paging ? cr0::pg : 0) | (random.below(2) ? cr0::wp : 0) |
                     (random.below(4) ? 0 : cr0::am) | (random.below(4) ? 0 : cr0::ts);
        const auto segment = [&](u16 selector) {
            Descriptor d;
            d.raw = m.read_value<u64>(PhysAddr(gdt + (selector & 0xFFF8u)));
            return make_segment(selector, d);
        };
        state.tr = segment(task);
        for (Segment& s : state.segments) s = program.kind == GuestKind::v86 ? make_v86_segment(ds) : segment(ds);
        if (program.kind != GuestKind::v86) state.segment(SegmentName::cs) = segment(cs);
        state.cpl = static_cast<u8>(rpl);
    }
    state.set_eflags(program.flags | flag::if_ | (program.kind == GuestKind::v86 ? flag::vm : 0));
    for (std::size_t i = 0; i < 8; ++i) state.set_reg<u32>(static_cast<Gpr>(i), program.registers[i]);
    state.rip = base;
    cpu.update_mode();
    cpu.update_paging(Cpu::Flush::all);
    cpu.update_debug();
    bare.engine->invalidate_all();
}

} // namespace ringshift
