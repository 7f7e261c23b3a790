#include "bt/emitter.h"

#include <algorithm>
#include <new>

namespace ringshift::bt {

void Emitter::Errors::handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter*) {
    if (error == asmjit::kErrorOutOfMemory) throw std::bad_alloc();
    ASSERT(error == asmjit::kErrorOk, "the assembler refused an instruction: {}", message);
}

Emitter::Emitter(const Runtime* runtime, const Mmu::FastTlb* tlb)
    : m_runtime_distance(reinterpret_cast<const u8*>(runtime) - reinterpret_cast<const u8*>(tlb) - table_bias) {}

void Emitter::begin(bool record) {
    m_code.reset();
    m_code.init(asmjit::Environment::host());
    m_code.setErrorHandler(&m_errors);
    place(*m_code.textSection(), m_hot_room);
    m_code.attach(&a);
    m_record = record;
    m_marks.clear();
    m_cold.clear();
    m_cold_memory.release();
    m_cold_offset = 0;
}

void Emitter::place(asmjit::Section& section, std::vector<u8>& memory) {
    asmjit::CodeBuffer& buffer = section.buffer();
    buffer._data = memory.data();
    buffer._capacity = memory.size();
    buffer._flags = asmjit::CodeBufferFlags::kIsExternal | asmjit::CodeBufferFlags::kIsFixed;
}

std::span<u8> Emitter::finish() {
    asmjit::Section* const hot = m_code.textSection();
    asmjit::Section* cold = nullptr;
    m_code.newSection(&cold, ".cold");
    place(*cold, m_cold_room);
    m_cold_offset = offset();
    cold->setOffset(m_cold_offset);
    a.section(cold);
    for (std::size_t i = 0; i < m_cold.size(); ++i) m_cold[i].run(m_cold[i].it); // cold code may add more
    m_cold.clear();
    m_crossings.clear();
    for (const asmjit::LabelEntry* label : m_code.labelEntries())
        for (const asmjit::LabelLink* link = label->links(); link; link = link->next)
            m_crossings.push_back(static_cast<u32>(link->offset) + (link->sectionId == cold->id() ? m_cold_offset : 0));
    m_code.resolveUnresolvedLinks();
    ASSERT(!m_code.hasUnresolvedLinks());
    const std::size_t size = hot->buffer().size() + cold->buffer().size();
    ASSERT(size <= room, "{} bytes of code in one block", size);
    std::copy(cold->buffer().begin(), cold->buffer().end(), m_hot_room.begin() + m_cold_offset);
    return std::span(m_hot_room).first(size);
}

void Emitter::emit_probe(const std::function<void(const x86::Mem& code)>& found) {
    auto miss = a.newLabel();
    emit_probe_or(miss, found);
    a.bind(miss);
}

void Emitter::emit_probe_or(const asmjit::Label& miss, const std::function<void(const x86::Mem& code)>& found) {
    constexpr std::size_t jumps = offsetof(Runtime, jumps);
    auto hit = a.newLabel();
    a.rorx(x86::r10d, x86::r9d, jump_rotations[0]);
    a.rorx(x86::r11d, x86::r9d, jump_rotations[1]);
    a.lea(x86::r10d, x86::ptr(x86::r10, x86::r11));
    a.movzx(x86::r10d, x86::r10w);
    a.lea(x86::r10d, x86::ptr(x86::r10, x86::r10));
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::rcx, in_runtime(jumps + offsetof(Runtime::JumpTarget, key), x86::r10, 3, 8));
    a.mov(x86::r11, in_runtime(offsetof(Runtime, context), 8));
    a.lea(x86::r11, x86::ptr(x86::r11, x86::r9));
    a.lea(x86::rcx, x86::ptr(x86::rcx, x86::r11));
    a.jecxz(x86::rcx, hit);
    a.mov(x86::rcx, x86::r12);
    a.jmp(miss);
    a.bind(hit);
    a.mov(x86::rcx, x86::r12);
    found(in_runtime(jumps + offsetof(Runtime::JumpTarget, code), x86::r10, 3, 8));
}

void Emitter::emit_own_target(u32 own, const asmjit::Label& other,
                              const std::function<void(const x86::Mem& code)>& found) {
    const std::size_t entry = offsetof(Runtime, own_targets) + own * sizeof(Runtime::OwnTarget);
    auto same = a.newLabel();
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::rcx, in_runtime(entry + offsetof(Runtime::OwnTarget, key), 8));
    a.mov(x86::r11, in_runtime(offsetof(Runtime, own_context), 8));
    a.lea(x86::r11, x86::ptr(x86::r11, x86::r9));
    a.lea(x86::rcx, x86::ptr(x86::rcx, x86::r11));
    a.jecxz(x86::rcx, same);
    a.mov(x86::rcx, x86::r12);
    a.jmp(other);
    a.bind(same);
    a.mov(x86::rcx, x86::r12);
    found(in_runtime(entry + offsetof(Runtime::OwnTarget, code), 8));
}

void Emitter::store_guest() {
    a.mov(x86::r8d, x86::r8d); // see Translator::stack_is_wide
    for (unsigned i = 0; i < 8; ++i) a.mov(RINGSHIFT_STATE(gpr, 8).cloneAdjusted(8 * i), guest64(i));
    a.seto(x86::al);
    a.lahf();
    a.movzx(x86::ecx, x86::ah);
    a.and_(x86::ecx, 0xD5); // LAHF reads the reserved bit 1 as one
    a.movzx(x86::eax, x86::al);
    a.shl(x86::eax, 11);
    a.or_(x86::eax, x86::ecx);
    a.mov(RINGSHIFT_STATE(arithmetic_flags, 4), x86::eax);
}

void Emitter::load_guest() {
    a.mov(x86::eax, RINGSHIFT_STATE(arithmetic_flags, 4));
    a.mov(x86::r9d, x86::eax);
    a.shr(x86::r9d, 11); // OF is the highest of the six
    a.add(x86::r9b, 0x7F);
    a.mov(x86::ah, x86::al);
    a.sahf();
    for (unsigned i = 0; i < 8; ++i) a.mov(guest64(i), RINGSHIFT_STATE(gpr, 8).cloneAdjusted(8 * i));
}

} // namespace ringshift::bt
