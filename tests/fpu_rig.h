// A processor with 1 MiB of RAM that executes single instructions by their handlers, for tests of x87, MMX and SSE.
#pragma once

#include "cpu/cpu.h"
#include "cpu/interp/handler.h"
#include "cpu/isa/decoder.h"
#include "cpu/isa/policy.h"
#include "mmu/guest_ram.h"

#include <initializer_list>

#include <catch2/catch.hpp>

namespace ringshift::test {

struct FpuPlatform final : Platform {
    u32 in(u16, unsigned) override { return ~0u; }
    void out(u16, unsigned, u32) override {}
    u64 block_room(u16, unsigned) override { return ~u64{0}; }
    void in_block(u16, unsigned, std::span<u8> bytes) override { std::fill(bytes.begin(), bytes.end(), u8{0xFF}); }
    void out_block(u16, unsigned, std::span<const u8>) override {}
    u8 acknowledge_interrupt() override { return 0; }
    u64 timestamp() override { return 0; }
    u64 timestamp_hz() const override { return 1'000'000'000; }
    void set_ferr(bool level) override { ferr = level; }
    bool ignne() override { return ignne_asserted; }
    u64 read_apic_base() override { return 0; }
    bool write_apic_base(u64) override { return true; }
    bool ferr = false;
    bool ignne_asserted = false;
};

/// 32-bit flat protected mode at CPL 0, FPU initialized, SSE enabled. `buffer` is what EDI points to.
struct FpuRig {
    static constexpr u32 buffer = 0x2000;

    FpuRig() {
        memory.map_ram(PhysAddr(0), ram.size(), ram.data());
        memory.share(ram.shared());
        CpuState& s = cpu.state;
        s.cr0 = cr0::pe | cr0::et | cr0::ne;
        s.cr4 = cr4::osfxsr | cr4::osxmmexcpt;
        for (Segment& segment : s.segments) {
            const bool is_cs = &segment == &s.segment(SegmentName::cs);
            segment.selector = is_cs ? 0x08 : 0x10;
            segment.attributes = is_cs ? 0xC9B : 0xC93;
            segment.limit = 0xFFFFFFFF;
            segment.base = 0;
            segment.usable = 1;
            segment.update(false);
        }
        s.rip = 0x1000;
        s.set_reg<u32>(Gpr::di, buffer);
        cpu.update_mode();
        cpu.update_paging(Cpu::Flush::all);
        s.fpu.fcw = 0x37F;
        s.fpu.ftw = 0;
    }

    /// Decodes and executes one instruction; RIP stays.
    Flow run(std::initializer_list<int> bytes) {
        std::vector<u8> code;
        for (const int byte : bytes) code.push_back(static_cast<u8>(byte));
        return run(std::span<const u8>(code));
    }
    Flow run(std::span<const u8> bytes) {
        Insn insn;
        const bool code32 = cpu.state.segment(SegmentName::cs).is_32bit();
        REQUIRE(decoder.decode(bytes, code32, insn) == Decoder::Outcome::ok);
        REQUIRE(insn.length == bytes.size());
        return handler_for(insn)(cpu, insn).flow;
    }
    bool raises(Vector vector, std::initializer_list<int> bytes) {
        return run(bytes) == Flow::fault && cpu.exception.vector == vector;
    }
    template <typename T>
    T peek(u32 address) {
        return memory.read_value<T>(PhysAddr(address));
    }
    template <typename T>
    void poke(u32 address, T value) {
        memory.write_value<T>(PhysAddr(address), value);
    }

    GuestRam ram = GuestRam::create(1 << 20).release();
    PhysicalMap memory;
    FpuPlatform platform;
    CpuModel model = CpuModel::by_name("max").release();
    Decoder decoder{model};
    Cpu cpu{model, memory, platform};
};

} // namespace ringshift::test
