// A CPU on bare RAM: no devices, IN reads ones, time stands still.
#pragma once

#include "cpu/interp/interpreter.h"
#include "cpu/memory.h"
#include "mmu/guest_ram.h"

#include <algorithm>

namespace ringshift {

class BarePlatform : public Platform {
  public:
    u32 in(u16, unsigned) override { return ~0u; }
    void out(u16, unsigned, u32) override {}
    void in_block(u16, unsigned, std::span<u8> bytes) override { std::fill(bytes.begin(), bytes.end(), u8{0xFF}); }
    void out_block(u16, unsigned, std::span<const u8>) override {}
    u8 acknowledge_interrupt() override { return 0; }
    u64 timestamp() override { return 0; }
    u64 timestamp_hz() const override { return 1'000'000'000; }
    void set_ferr(bool) override {}
    bool ignne() override { return false; }
    u64 read_apic_base() override { return 0; }
    bool write_apic_base(u64) override { return true; }
};

struct BareCpu {
    explicit BareCpu(u64 ram_size = 16 << 20, std::string_view model_name = "max")
        : model(CpuModel::by_name(model_name).release()), ram(GuestRam::create(ram_size).release()) {
        memory.map_ram(PhysAddr(0), ram_size, ram.data());
        cpu = std::make_unique<Cpu>(model, memory, platform);
        engine = make_interpreter(*cpu);
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
    void put(u64 address, std::span<const u8> bytes) { memory.write(PhysAddr(address), bytes); }
};

} // namespace ringshift
