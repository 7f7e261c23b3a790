// Accesses that the soft TLB keeps failing.
//
// What is neither memory nor a page fault is done by the instruction's handler, each time behind a look at the TLB that
// cannot succeed. The handler of every site that may gain watches why: each eighth time it looks. If
// it was a device, or a page with code that the store passed by, often enough, the block is translated again with this
// access in another form:
//
//  - A load or store that met a device asks it at once: no look at the TLB, no operands and segments by general rules;
//    the soft TLB's slower half knows the device of a page (Mmu::device). Should there be memory instead, the handler
//    does it as ever; if that happens too often for the form to pay, the access goes back to what it was, and has to
//    meet twice as many devices before it is believed again.
//  - A store that met code beside it looks at the marks itself (stubs.cpp, emit_marks), behind the look at the TLB,
//    which still succeeds where there is no code. So nothing ever has to go back.
//
// What an access has become is kept by the block's key, for translations to come. Page faults and mere misses of the
// TLB say nothing about the next time and count for nothing; what memory windows miss is engine_windows.cpp's business.
#include "bt/translator_engine.h"
#include "cpu/interp/operands.h"

#include <algorithm>
#include <utility>

namespace ringshift::bt {

namespace {

/// Of those, how many have to be of one kind; a device that was memory before doubles it, so many times at most.
constexpr u32 enough = 16, most_doublings = 8;
/// What memory costs an access that asks for a device, in devices met.
constexpr i16 most_patience = 256, cost_of_memory = 4;

Runtime& runtime_of(Cpu& cpu) { return *reinterpret_cast<Runtime*>(cpu.mmu.engine_space().data()); }

void translate_again(Cpu& cpu, Site& site) {
    runtime_of(cpu).unsuited = &site;
    cpu.end_block();
}

LinearAddr address_of(const Cpu& cpu, const Insn& insn, const Site& site) {
    const bool stack = site.below != Site::no_stack;
    const u32 offset = stack ? cpu.stack_offset(cpu.stack_pointer() - site.below) : cpu.effective_offset(insn);
    const Segment& segment = cpu.state.segment(stack ? SegmentName::ss : insn.memory.segment);
    return LinearAddr(static_cast<u32>(segment.base + offset));
}

/// The handler of an access that has missed the TLB.
Step step_beside_tlb(Cpu& cpu, const Insn& insn) {
    Site& site = *runtime_of(cpu).site;
    if (++site.missed != 0) return handler_for(insn)(cpu, insn);
    const LinearAddr address = address_of(cpu, insn, site);
    const bool may_pass_code = site.writes && site.access_size <= 16;
    const Mmu::SlowCause cause = cpu.mmu.slow_cause(address, site.access_size, cpu.state.cpl == 3, may_pass_code);
    const Step step = handler_for(insn)(cpu, insn);
    if (site.block->dead) return step;
    if (cause == Mmu::SlowCause::device && site.may_ask_device) {
        if (++site.to_device == enough << site.block->adaptation.given_back) translate_again(cpu, site);
    } else if (cause == Mmu::SlowCause::beside_code) {
        if (++site.beside_code == enough) translate_again(cpu, site);
    }
    return step;
}

/// MOV, MOVZX or MOVSX of what a device has said.
void load(Cpu& cpu, const Insn& insn, u64 value) {
    const Operand& to = insn.op(0);
    const u32 shift = 32 - 8 * static_cast<u32>(insn.op(1).size);
    const u32 moved = static_cast<u32>(value) << shift;
    const u32 result =
        insn.mnemonic == Mnemonic::MOVSX ? static_cast<u32>(static_cast<i32>(moved) >> shift) : moved >> shift;
    switch (to.size) {
    case 1: set_reg_at<u8>(cpu.state, to.slot, static_cast<u8>(result)); break;
    case 2: set_reg_at<u16>(cpu.state, to.slot, static_cast<u16>(result)); break;
    default: set_reg_at<u32>(cpu.state, to.slot, result); break;
    }
}

u64 stored(const Cpu& cpu, const Insn& insn) {
    const Operand& from = insn.op(1);
    const u64 all = from.kind == OperandKind::immediate ? insn.immediate
                    : insn.op(0).size == 1              ? reg_at<u8>(cpu.state, from.slot)
                    : insn.op(0).size == 2              ? reg_at<u16>(cpu.state, from.slot)
                                                        : reg_at<u32>(cpu.state, from.slot);
    return insn.op(0).size == 4 ? all & ~u32{0} : all & ((u64{1} << 8 * insn.op(0).size) - 1);
}

/// The handler of an access that asks a device. The mode's segments have no limits.
Step step_on_device(Cpu& cpu, const Insn& insn) {
    Site& site = *runtime_of(cpu).site;
    const Segment& segment = cpu.state.segment(insn.memory.segment);
    const LinearAddr address(static_cast<u32>(segment.base + cpu.effective_offset(insn)));
    PhysAddr physical;
    MmioHandler* device = cpu.mmu.device(address, site.access_size, cpu.state.cpl == 3, site.writes, physical);
    if (!device) {
        const Step step = handler_for(insn)(cpu, insn);
        site.patience = static_cast<i16>(site.patience - cost_of_memory);
        if (site.patience < 0 && !site.block->dead) translate_again(cpu, site);
        return step;
    }
    site.patience = std::min<i16>(static_cast<i16>(site.patience + 1), most_patience);
    if (site.writes)
        device->write(physical, site.access_size, stored(cpu, insn));
    else
        load(cpu, insn, device->read(physical, site.access_size));
    return Flow::next;
}

} // namespace

void Translator::watch_access(u32 i, unsigned size, Intent intent) {
    if (!m_options.adapt) return;
    Site& site = m_sites[i];
    const bool may_ask = may_ask_device(i);
    if (intent == Intent::read && !may_ask) return;
    site.handler = step_beside_tlb;
    site.access_size = static_cast<u8>(size);
    site.below = Site::no_stack;
    site.writes = intent == Intent::write;
    site.may_ask_device = may_ask;
}

bool Translator::may_ask_device(u32 i) const {
    const Insn& in = insn(i);
    if (in.mnemonic != Mnemonic::MOV && in.mnemonic != Mnemonic::MOVZX && in.mnemonic != Mnemonic::MOVSX) return false;
    const auto plain = [](const Operand& op) {
        return op.kind == OperandKind::gpr || op.kind == OperandKind::immediate || op.kind == OperandKind::memory;
    };
    if (!in.memory_operand() || !plain(in.op(0)) || !plain(in.op(1))) return false;
    return m_mode->segments[static_cast<std::size_t>(in.memory.segment)] != SegmentClass::checked;
}

bool Translator::asks_device(u32 i) const {
    return m_options.adapt && (m_block->adaptation.device >> i & 1) != 0 && may_ask_device(i) && !through_window(i);
}

void Translator::emit_device_access(u32 i) {
    const Insn& in = insn(i);
    watch_access(i, in.memory_operand()->size, in.op(0).kind == OperandKind::memory ? Intent::write : Intent::read);
    m_sites[i].handler = step_on_device;
    m_sites[i].patience = most_patience;
    emit_handler_call(i, "adaptive: a device, as so often here: it is asked at once, without a look at the TLB");
}

bool Translator::looks_at_marks(u32 i, unsigned size) const {
    return m_options.adapt && (m_block->adaptation.beside_code >> i & 1) != 0 && size >= 1 && size <= 16;
}

void Translator::emit_look_at_marks(u32 i, const LookupLabels& labels, x86::Gp offset, unsigned size) {
    auto& a = m_e.a;
    auto free = a.newLabel();
    m_e.mark(i, Provenance::guard, "adaptive: stores beside code, as so often here: are these bytes marked as code?");
    a.bind(labels.other);
    if (offset.id() == x86::Gp::kIdCx)
        a.mov(x86::r9d, x86::r12d);
    else if (offset.id() != x86::r9d.id())
        a.mov(x86::r9d, offset.r32());
    const bool user = m_mode->cpl == 3;
    a.call(m_e.in_runtime(user ? offsetof(Runtime, user_marks) : offsetof(Runtime, marks), 8));
    a.mov(x86::r11d, (1u << size) - 1);
    a.pext(x86::ecx, x86::ecx, x86::r11d);
    a.jecxz(x86::ecx, free);
    a.jmp(labels.miss);
    a.bind(free);
    a.jmp(labels.hit);
}

HostAddress Translator::emit_stack_lookup(u32 i, u32 below, unsigned size, Intent intent, const asmjit::Label& after) {
    const HostAddress at = emit_lookup(i, SegmentName::ss, emit_stack_offset(below), size, intent, after);
    m_sites[i].below = static_cast<u8>(below);
    return at;
}

void TranslatorEngine::adapt() {
    Site& site = *std::exchange(m_runtime.unsuited, nullptr);
    Block& block = *site.block;
    if (block.dead) return;
    if (m_adapted.size() >= 65536) m_adapted.clear();
    Adaptation& adaptation = m_adapted[block.key.hash()] = block.adaptation;
    if (const u64 bit = u64{1} << site.number; (adaptation.device & bit) != 0) {
        adaptation.device &= ~bit;
        if (adaptation.given_back < most_doublings) ++adaptation.given_back;
        ++m_ledger.given_back;
    } else { // the others of the block that are on their way there come along
        const u32 devices = u32{site.to_device} / 2, codes = u32{site.beside_code} / 2;
        for (const Site& other : block.sites->all) {
            const bool device = devices != 0 && other.to_device >= devices;
            const bool code = codes != 0 && other.beside_code >= codes;
            if (!device && !code) continue;
            (device ? adaptation.device : adaptation.beside_code) |= u64{1} << other.number;
            ++m_ledger.adapted;
        }
    }
    i16& heat = heat_of(block.key).times;
    destroy(block, Cause::mode);
    heat = static_cast<i16>(m_options.hot_threshold);
}

} // namespace ringshift::bt
