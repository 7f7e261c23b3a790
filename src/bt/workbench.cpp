#include "bt/workbench.h"

#include "cpu/isa/policy.h"
#include "cpu/memory.h"

#include <algorithm>
#include <new>

namespace ringshift::bt {

namespace {

/// Pins that lead nowhere: nothing is executed.
class OpenPins final : public Platform {
  public:
    u32 in(u16, unsigned) override { return ~0u; }
    void out(u16, unsigned, u32) override {}
    u64 block_room(u16, unsigned) override { return ~u64{0}; }
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

} // namespace

struct Workbench::Parts {
    Parts(const Options& wishes, std::string_view cpu_model)
        : model(CpuModel::by_name(cpu_model).release()), options(wishes), cpu(model, memory, pins),
          runtime(new (cpu.mmu.engine_space().data()) Runtime{}), emitter(runtime, cpu.mmu.fast_tlb()),
          translator(cpu, emitter, options), decoder(model) {}
    CpuModel model;
    const Options options;
    PhysicalMap memory;
    OpenPins pins;
    Cpu cpu;
    Runtime* runtime;
    Emitter emitter;
    Translator translator;
    Decoder decoder;
};

Workbench::Workbench(const Options& options, std::string_view cpu_model)
    : m_parts(std::make_unique<Parts>(options, cpu_model)) {
    m_parts->cpu.reset();
    set_mode(32, 0);
}
Workbench::~Workbench() = default;

Cpu& Workbench::cpu() { return m_parts->cpu; }
const Decoder& Workbench::decoder() const { return m_parts->decoder; }
const Emitter& Workbench::emitter() const { return m_parts->emitter; }
Mode Workbench::mode() const {
    Mode mode = mode_of(m_parts->cpu.state);
    mode.windows = m_parts->options.windows && (mode.cpl == 3 || m_parts->options.windows_ring0);
    mode.home = mode.windows && m_parts->options.window_home;
    return mode;
}

void Workbench::set_mode(unsigned bits, unsigned cpl, u32 base) {
    CpuState& state = m_parts->cpu.state;
    const bool real = bits == 16 && cpl == 0;
    state.cr0 = real ? state.cr0 & ~cr0::pe : state.cr0 | cr0::pe;
    const u32 wide = bits == 32 ? u32{segment_attribute::db | segment_attribute::g} : 0;
    for (std::size_t i = 0; i < state.segments.size(); ++i) {
        Segment& s = state.segments[i];
        const u32 type = i == 1 ? 0x9B : 0x93;
        s = {.selector = static_cast<u16>(real ? base >> 4 : (i + 1) << 3 | cpl),
             .attributes = static_cast<u16>(type | cpl << 5 | wide),
             .limit = bits == 32 ? 0xFFFFFFFF : 0xFFFF,
             .base = base};
        s.usable = 1;
    }
    state.cpl = static_cast<u8>(cpl);
    state.cr0 &= ~u64{cr0::ts | cr0::em};
    state.cr4 |= cr4::osfxsr | cr4::osxmmexcpt;
    state.fpu.fcw = 0x37F; // as FNINIT leaves it
    state.fpu.mxcsr = 0x1F80;
    m_parts->cpu.update_mode();
    m_parts->cpu.update_paging(Cpu::Flush::all);
}

std::unique_ptr<Block> Workbench::decode(std::span<const u8> bytes, u32 eip) const {
    const Segment& cs = m_parts->cpu.state.segment(SegmentName::cs);
    std::size_t left = std::min<std::size_t>(bytes.size(), page_size - (cs.base + eip) % page_size);
    std::vector<DecodedInsn> insns;
    while (insns.size() < m_parts->options.block_limit && left > 0) {
        DecodedInsn decoded{};
        const auto outcome = m_parts->decoder.decode(bytes.first(left), cs.is_32bit(), decoded.insn);
        if (outcome == Decoder::Outcome::truncated || outcome == Decoder::Outcome::too_long) break;
        decoded.handler = handler_for(decoded.insn);
        insns.push_back(decoded);
        if (outcome != Decoder::Outcome::ok) break;
        bytes = bytes.subspan(decoded.insn.length);
        left -= decoded.insn.length;
        // The engine goes on behind STI (append_after_sti() in engine_blocks.cpp).
        const bool ends = (policy(decoded.insn.mnemonic).facts & (fact::Branch | fact::Stops)) != 0;
        if (ends && decoded.insn.mnemonic != Mnemonic::STI) break;
    }
    if (insns.empty()) { // one that crosses the page is a block of its own
        DecodedInsn decoded{};
        if (m_parts->decoder.decode(bytes, cs.is_32bit(), decoded.insn) != Decoder::Outcome::ok) return nullptr;
        decoded.handler = handler_for(decoded.insn);
        insns.push_back(decoded);
    }
    return block_of(std::move(insns), eip);
}

std::unique_ptr<Block> Workbench::block_of(std::vector<DecodedInsn> insns, u32 eip) const {
    auto block = std::make_unique<Block>();
    block->key.start = PhysAddr(static_cast<u32>(m_parts->cpu.state.segment(SegmentName::cs).base + eip));
    block->key.eip = eip;
    block->insns = std::move(insns);
    for (const DecodedInsn& insn : block->insns) block->bytes += std::max<u32>(insn.insn.length, 1);
    return block;
}

std::span<const u8> Workbench::translate(Block& block) { return m_parts->translator.translate(block, mode(), true); }

} // namespace ringshift::bt
