// A CPU on bare RAM: no devices, IN reads ones (or noise), time stands still, interrupts are asked for by the test.
#pragma once

#include "../engines.h"
#include "cpu/memory.h"
#include "mmu/guest_ram.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

class BarePlatform : public Platform {
  public:
    Cpu* cpu = nullptr;
    u8 vector = 0;      ///< of the next interrupt: BareCpu::interrupt()
    u64 trace = 0;      ///< of all port accesses: equal traces, equal accesses
    bool noisy = false; ///< IN reads what depends on all accesses before it

    u32 in(u16 port, unsigned size) override {
        note(port, size, 1);
        return noisy ? static_cast<u32>(trace >> 24) : ~0u;
    }
    void out(u16 port, unsigned size, u32 value) override { note(port, size, value); }
    u64 block_room(u16, unsigned) override { return ~u64{0}; }
    void in_block(u16 port, unsigned size, std::span<u8> bytes) override {
        for (std::size_t i = 0; i + size <= bytes.size(); i += size) {
            const u32 value = in(port, size);
            std::memcpy(bytes.data() + i, &value, size);
        }
    }
    void out_block(u16 port, unsigned size, std::span<const u8> bytes) override {
        for (std::size_t i = 0; i + size <= bytes.size(); i += size) {
            u32 value = 0;
            std::memcpy(&value, bytes.data() + i, size);
            note(port, size, value);
        }
    }
    u8 acknowledge_interrupt() override {
        cpu->clear_attention(attention::interrupt);
        return vector;
    }
    u64 timestamp() override { return 0; }
    u64 timestamp_hz() const override { return 1'000'000'000; }
    void set_ferr(bool) override {}
    bool ignne() override { return false; }
    u64 read_apic_base() override { return 0; }
    bool write_apic_base(u64) override { return true; }

    /// Adds to `trace`; ports are below 65536, what a test adds of its own need not be.
    void note(u64 port, unsigned size, u32 value) {
        trace = (trace ^ (port << 40) ^ (u64{size} << 56) ^ value) * 0x9E3779B97F4A7C15 + 1;
    }
};

struct BareCpu {
    explicit BareCpu(u64 ram_size = 16 << 20, std::string_view model_name = "max",
                     std::string_view engine_name = test_engine_name())
        : model(CpuModel::by_name(model_name).release()), ram(GuestRam::create(ram_size).release()) {
        memory.map_ram(PhysAddr(0), ram_size, ram.data());
        memory.share(ram.shared());
        cpu = std::make_unique<Cpu>(model, memory, platform);
        platform.cpu = cpu.get();
        engine = make_test_engine(*cpu, engine_name);
    }
    CpuModel model;
    GuestRam ram;
    PhysicalMap memory;
    BarePlatform platform;
    std::unique_ptr<Cpu> cpu;
    std::unique_ptr<Engine> engine;

    CpuState& state() { return cpu->state; }
    /// Flat 32-bit protected mode at CPL 0: every segment 0 to 4 GiB.
    void flat_32bit() {
        state().cr0 |= cr0::pe;
        for (std::size_t i = 0; i < 6; ++i) {
            Segment& s = state().segments[i];
            s = {.selector = static_cast<u16>(i == 1 ? 8 : 16),
                 .attributes = static_cast<u16>(i == 1 ? 0xC9B : 0xC93),
                 .limit = 0xFFFFFFFF,
                 .base = 0};
            s.usable = 1;
        }
        cpu->update_mode();
        cpu->update_paging(Cpu::Flush::all);
    }
    /// The INTR pin is high until the interrupt is taken.
    void interrupt(u8 vector) {
        platform.vector = vector;
        cpu->raise_attention(attention::interrupt);
    }
    void put(u64 address, std::span<const u8> bytes) { memory.write(PhysAddr(address), bytes); }
};

} // namespace ringshift
