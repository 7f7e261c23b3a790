// A CPU with flat RAM, descriptor tables, a TSS and an IDT, for tests of system behaviour. Programs are bytes; they run
// on the engine that engines.h names. Each vector's handler is at handler(vector), so that RIP tells what was
// delivered.
#pragma once

#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/memory.h"
#include "engines.h"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

namespace ringshift::test {

class FakePlatform final : public Platform {
  public:
    u8 vector = 0x20;
    std::vector<std::pair<u16, u32>> writes;

    u32 in(u16 port, unsigned) override { return port; }
    void out(u16 port, unsigned, u32 value) override { writes.emplace_back(port, value); }
    u64 block_room(u16, unsigned) override { return ~u64{0}; }
    void in_block(u16, unsigned, std::span<u8>) override {}
    void out_block(u16, unsigned, std::span<const u8>) override {}
    u8 acknowledge_interrupt() override { return vector; }
    u64 timestamp() override { return 0; }
    u64 timestamp_hz() const override { return 1'000'000'000; }
    void set_ferr(bool) override {}
    bool ignne() override { return false; }
    u64 read_apic_base() override { return 0; }
    bool write_apic_base(u64) override { return true; }
};

/// Attributes as in Segment::attributes.
namespace attr {
inline constexpr u16 code = 0x9B, data = 0x93, wide = 0xC00, dpl3 = 0x60, conforming = 0x9F, expand_down = 0x97;
} // namespace attr

constexpr u64 make_descriptor(u32 base, u32 limit_field, u16 attributes) {
    return (limit_field & 0xFFFF) | (u64{base & 0xFFFFFF} << 16) | (u64{attributes & 0xFFu} << 40) |
           (u64{(limit_field >> 16) & 0xF} << 48) | (u64{(attributes >> 8) & 0xFu} << 52) | (u64{base >> 24} << 56);
}

constexpr u64 make_gate(u8 type, u16 selector, u32 offset, u8 dpl = 0, u8 parameters = 0) {
    return (offset & 0xFFFF) | (u64{selector} << 16) | (u64{parameters} << 32) |
           (u64{0x80u | (dpl << 5) | type} << 40) | (u64{offset >> 16} << 48);
}

struct CpuFixture {
    static constexpr u32 ram_size = 4 << 20;
    static constexpr u32 gdt = 0x1000, idt = 0x2000, tss = 0x3000, tss2 = 0x4000, ldt = 0x5000, code = 0x10000,
                         stack0 = 0x9000, stack3 = 0xA000, handlers = 0x20000;
    static constexpr u16 code0 = 0x08, data0 = 0x10, code3 = 0x1B, data3 = 0x23, tss_selector = 0x28, spare = 0x30,
                         spare2 = 0x38, tss2_selector = 0x48;

    explicit CpuFixture(std::string_view name = "max")
        : model(CpuModel::by_name(name).release()), ram(ram_size), map(make_map(ram)), cpu(model, map, platform),
          engine(make_test_engine(cpu)), state(cpu.state) {}

    static PhysicalMap make_map(std::vector<u8>& ram) {
        PhysicalMap map;
        map.map_ram(PhysAddr(0), ram_size, ram.data());
        return map;
    }

    CpuModel model;
    std::vector<u8> ram;
    PhysicalMap map;
    FakePlatform platform;
    Cpu cpu;
    std::unique_ptr<Engine> engine;
    CpuState& state;

    template <typename T>
    void put(u32 address, T value) {
        std::memcpy(&ram[address], &value, sizeof value);
    }
    template <typename T = u32>
    T get(u32 address) const {
        T value;
        std::memcpy(&value, &ram[address], sizeof value);
        return value;
    }
    void set_descriptor(u16 selector, u64 raw) { put(((selector & 4) ? ldt : gdt) + (selector & 0xFFF8u), raw); }
    void set_vector(u8 vector, u64 gate) { put(idt + vector * 8u, gate); }
    static u32 handler(u8 vector) { return handlers + vector * 16u; }

    /// Flat 32-bit protected mode at privilege `cpl`, IDT of interrupt gates (DPL 3) to handler(), a 32-bit TSS.
    void protected_mode(u8 cpl = 0) {
        set_descriptor(code0, make_descriptor(0, 0xFFFFF, attr::code | attr::wide));
        set_descriptor(data0, make_descriptor(0, 0xFFFFF, attr::data | attr::wide));
        set_descriptor(code3, make_descriptor(0, 0xFFFFF, attr::code | attr::dpl3 | attr::wide));
        set_descriptor(data3, make_descriptor(0, 0xFFFFF, attr::data | attr::dpl3 | attr::wide));
        set_descriptor(tss_selector, make_descriptor(tss, 0x2FFF, 0x80 | system_type::tss32_busy));
        set_descriptor(tss2_selector, make_descriptor(tss2, 0x67, 0x80 | system_type::tss32_available));
        put<u32>(tss + 4, stack0);
        put<u16>(tss + 8, data0);
        put<u16>(tss + 102, 0x68);
        for (unsigned v = 0; v < 256; ++v)
            set_vector(static_cast<u8>(v),
                       make_gate(system_type::interrupt_gate32, code0, handler(static_cast<u8>(v)), 3));
        state.gdtr = {gdt, 0xFF};
        state.idtr = {idt, 0x7FF};
        state.cr0 |= cr0::pe;
        state.tr = segment_of(tss_selector);
        state.segment(SegmentName::cs) = segment_of(cpl == 3 ? code3 : code0);
        for (const SegmentName name :
             {SegmentName::ss, SegmentName::ds, SegmentName::es, SegmentName::fs, SegmentName::gs})
            state.segment(name) = segment_of(cpl == 3 ? data3 : data0);
        state.cpl = cpl;
        state.set_reg<u32>(Gpr::sp, cpl == 3 ? stack3 : stack0);
        state.rip = code;
        cpu.update_mode();
        cpu.update_paging(Cpu::Flush::all);
    }
    Segment segment_of(u16 selector) const {
        Descriptor descriptor;
        descriptor.raw = get<u64>(gdt + (selector & 0xFFF8u));
        return make_segment(selector, descriptor);
    }
    /// Virtual-8086 mode at 1000:0000 (linear 0x10000), stack at 0000:A000; the IDT is as in protected_mode().
    void v86_mode(u8 iopl, u32 flags = 0) {
        protected_mode(0);
        state.set_eflags(flag::vm | (u32{iopl} << 12) | flags);
        for (Segment& segment : state.segments) segment = make_v86_segment(0);
        state.segment(SegmentName::cs) = make_v86_segment(code >> 4);
        state.cpl = 3;
        state.rip = 0;
        state.set_reg<u32>(Gpr::sp, stack3);
        cpu.update_mode();
    }
    /// Real mode at 1000:0000, stack at 0000:A000; vector v of the IVT points to 2000:(16 v).
    void real_mode() {
        for (u32 v = 0; v < 256; ++v) put<u32>(v * 4, (handlers >> 4) << 16 | v * 16);
        state.idtr = {0, 0x3FF};
        cpu.load_segment_real(SegmentName::cs, code >> 4);
        cpu.load_segment_real(SegmentName::ss, 0);
        state.rip = 0;
        state.set_reg<u32>(Gpr::sp, stack3);
    }

    /// Puts instructions at CS:RIP's linear address.
    void program(std::initializer_list<u8> bytes) {
        const u32 at = static_cast<u32>(state.segment(SegmentName::cs).base + state.rip);
        std::copy(bytes.begin(), bytes.end(), ram.begin() + at);
        engine->invalidate_all();
    }
    /// Runs `n` instructions; 0 only delivers what is pending.
    Exit run(i64 n = 1) { return engine->run(n); }
    Exit run(std::initializer_list<u8> bytes, i64 n = 1) {
        program(bytes);
        return run(n);
    }
    void set(Gpr r, u32 value) { state.set_reg<u32>(r, value); }
    u32 reg(Gpr r) const { return state.reg<u32>(r); }
    u16 selector(SegmentName name) const { return state.segment(name).selector; }
    /// The 32-bit word `n` above the stack pointer.
    u32 slot(u32 n) const {
        return get<u32>(static_cast<u32>(state.segment(SegmentName::ss).base) + reg(Gpr::sp) + 4 * n);
    }
    u16 slot16(u32 n) const {
        return get<u16>(static_cast<u32>(state.segment(SegmentName::ss).base) + (reg(Gpr::sp) & 0xFFFF) + 2 * n);
    }
    /// That `vector` was delivered through its gate with this error code.
    void check_delivered(Vector vector, u32 error_code) {
        CHECK(state.rip == handler(static_cast<u8>(vector)));
        CHECK(slot(0) == error_code);
    }
    void check_delivered(Vector vector) { CHECK(state.rip == handler(static_cast<u8>(vector))); }
};

} // namespace ringshift::test
