// Host thunks: how x87, MMX and SSE instructions are executed.
//
// The interpreter has no floating-point arithmetic of its own. The guest's instruction is also the host's, so the host
// executes it and the result is silicon's, to the last bit of the last undefined flag. A thunk is a small generated
// routine around one such instruction: it loads the operands from where the handler put them, runs the instruction,
// and stores what it did where the handler looks.
//
// The guest's bytes are never copied. A thunk's instruction is assembled from the decoded fields: mandatory prefix, map
// and opcode (which only a row of policy.def with one of our selectors can have got here), and a ModRM byte of our own.
// Register numbers are always the same host registers; a memory operand is always [rdx] (SIMD) or [rsi] (x87), an
// address that the handler has checked. So a guest can neither name a host address nor make more than some ten thousand
// routines (the immediate byte is part of the instruction). There is room for all of them: none is ever dropped, and a
// decoded instruction keeps the address of its own.
//
// SIMD. The register operand stands in XMM1, MM1 or EAX, the other in XMM2, MM2 or memory, the hidden XMM0 in XMM0.
// Loading them costs two moves, and the result goes back to the guest's register at once: in place. Only instructions
// that round or raise depend on MXCSR. Loading it costs more than most instructions, so with the usual control bits it
// is left alone: host flags are sticky, and if they show nothing afterwards that the guest's do not have already,
// nothing new was raised, whatever they were before. Else the routine does not store, and the instruction is run again
// with the guest's MXCSR and no flags, into a frame: the exact way. All exceptions are masked then, and the handler
// judges the flags afterwards (simd.cpp), so the host never takes a SIGFPE. MMX routines end with EMMS: the C++ code
// around expects an empty x87 stack.
//
// x87. Common instructions in an ordinary state go the short way of x87_short.cpp; this is the full one, for
// everything. The whole register file counts (tags, top of stack, condition codes), so the image is loaded with FXRSTOR
// and stored with FXSAVE, about 50 ns together. The guest's own control word is in force, unmasked exceptions included:
// only so does silicon suppress the store and the pop that an unmasked exception suppresses. The exception itself stays
// pending in the host for the next waiting x87 instruction; FXSAVE is not one, FNCLEX removes it, and the handler finds
// it as ES in the stored status word. The image is loaded with a status word without exception flags, which are sticky
// and put back by the handler, so an exception that the guest has already pending does not trap in the host. FIP, FDP
// and FOP in the stored image are the host's and are never copied out.
#include "cpu/interp/fpu/thunk.h"

#include "base/result.h"
#include "cpu/interp/fpu/x87_short.h"

namespace ringshift {

namespace {

/// Bytes of a routine under construction.
class Assembler {
  public:
    template <typename... Bytes>
    Assembler& bytes(Bytes... values) {
        ((m_code[m_size++] = static_cast<u8>(values)), ...);
        return *this;
    }
    void append(std::span<const u8> code) {
        for (const u8 byte : code) bytes(byte);
    }
    std::span<const u8> code() const { return std::span(m_code).first(m_size); }

  private:
    std::array<u8, 128> m_code{};
    std::size_t m_size = 0;
};

constexpr u8 offset_result = offsetof(SimdFrame, result);
constexpr u8 offset_implicit = offsetof(SimdFrame, implicit);
constexpr u8 offset_mxcsr = offsetof(SimdFrame, mxcsr);
constexpr u8 offset_host_mxcsr = offsetof(SimdFrame, host_mxcsr);
constexpr u8 offset_status_mxcsr = offsetof(SimdStatus, mxcsr);
constexpr u8 offset_status_unknown = offsetof(SimdStatus, unknown);
constexpr u8 offset_flags = offsetof(SimdFrame, flags_ax);
constexpr u8 offset_eax = offsetof(SimdFrame, eax);
constexpr u8 offset_edx = offsetof(SimdFrame, edx);
constexpr u8 offset_ecx = offsetof(SimdFrame, ecx);

/// rdi: frame or status, rsi: register operand, rdx: the other (moved to r8 where EDX is an input).
void load_operands(Assembler& a, const SimdEncoding& e) {
    switch (e.reg) {
    case ThunkOperand::xmm: a.bytes(0x0F, 0x10, 0x0E); break; // movups xmm1, [rsi]
    case ThunkOperand::mmx: a.bytes(0x0F, 0x6F, 0x0E); break; // movq mm1, [rsi]
    default: break;
    }
    switch (e.rm) {
    case ThunkOperand::xmm: a.bytes(0x0F, 0x10, 0x12); break; // movups xmm2, [rdx]
    case ThunkOperand::mmx: a.bytes(0x0F, 0x6F, 0x12); break; // movq mm2, [rdx]
    default: break;
    }
    if (e.actions & thunk::implicit) {
        a.bytes(0x0F, 0x10, 0x47, offset_implicit); // movups xmm0, [rdi + implicit]
        a.bytes(0x49, 0x89, 0xD0);                  // mov r8, rdx
        a.bytes(0x8B, 0x47, offset_eax);            // mov eax, [rdi + eax]
        a.bytes(0x8B, 0x57, offset_edx);            // mov edx, [rdi + edx]
        a.bytes(0x31, 0xC9);                        // xor ecx, ecx
    }
}

void emit_instruction(Assembler& a, const SimdEncoding& e) {
    const bool memory_in_r8 = e.rm == ThunkOperand::memory && (e.actions & thunk::implicit) != 0;
    if (e.mandatory_prefix) a.bytes(e.mandatory_prefix);
    if (memory_in_r8) a.bytes(0x41);
    a.bytes(0x0F);
    if (e.opcode_map == 2) a.bytes(0x38);
    if (e.opcode_map == 3) a.bytes(0x3A);
    const u8 reg = e.reg == ThunkOperand::none ? e.extension : e.reg == ThunkOperand::gpr ? 0 : 1;
    const u8 rm = e.rm != ThunkOperand::memory ? 0xC2 : memory_in_r8 ? 0x00 : 0x02;
    a.bytes(e.opcode, rm | (reg << 3));
    if (e.has_immediate) a.bytes(e.immediate);
}

/// With `frame`, to SimdFrame::result; else in place.
void store_operand(Assembler& a, const SimdEncoding& e, bool frame) {
    const bool group = e.reg == ThunkOperand::none; // the operand that changes is in ModRM.rm
    const u8 where = frame ? 7 : group ? 2 : 6;     // [rdi] (the result is the frame's first field), [rdx], [rsi]
    const u8 modrm = static_cast<u8>((group ? 2 : 1) << 3 | where);
    static_assert(offset_result == 0);
    switch (group ? e.rm : e.reg) {
    case ThunkOperand::xmm: a.bytes(0x0F, 0x11, modrm); break; // movups
    case ThunkOperand::mmx: a.bytes(0x0F, 0x7F, modrm); break; // movq
    case ThunkOperand::gpr: a.bytes(0x48, 0x89, where); break; // mov [..], rax: upper half zero
    default: break;
    }
}

void finish(Assembler& a, const SimdEncoding& e) {
    if (e.reg == ThunkOperand::mmx || e.rm == ThunkOperand::mmx) a.bytes(0x0F, 0x77); // emms
    a.bytes(0xC3);
}

} // namespace

FpuThunks::FpuThunks() : m_arena(arena_size) {}

template <typename Thunk>
Thunk FpuThunks::publish(std::span<const u8> code) {
    const void* const where = m_arena.publish(code);
    ASSERT(where);
    return reinterpret_cast<Thunk>(reinterpret_cast<std::uintptr_t>(where));
}

const SimdRoutine& FpuThunks::simd(const SimdEncoding& e) {
    const u64 key = u64{e.opcode} | u64{e.mandatory_prefix} << 8 | u64{e.opcode_map} << 16 | u64{e.immediate} << 18 |
                    u64{e.has_immediate} << 26 | static_cast<u64>(e.reg) << 27 | static_cast<u64>(e.rm) << 30 |
                    u64{e.actions} << 33 | u64{e.extension} << 36;
    const auto [entry, is_new] = m_simd.try_emplace(key);
    if (is_new) {
        if (!(e.actions & thunk::implicit)) entry->second.in_place = make_in_place(e);
        if (e.actions & (thunk::implicit | thunk::mxcsr)) entry->second.exact = make_exact(e);
    }
    return entry->second;
}

SimdInPlaceThunk FpuThunks::make_in_place(const SimdEncoding& e) {
    Assembler a;
    load_operands(a, e);
    emit_instruction(a, e);
    if (e.actions & thunk::flags) a.bytes(0x9F, 0x0F, 0x90, 0xC0);                // lahf; seto al
    if (e.actions & thunk::mxcsr) a.bytes(0x0F, 0xAE, 0x5F, offset_status_mxcsr); // stmxcsr [rdi + mxcsr]
    if (!(e.actions & thunk::flags)) {
        Assembler store;
        store_operand(store, e, false);
        if (e.actions & thunk::mxcsr) {
            a.bytes(0x8B, 0x4F, offset_status_unknown); // mov ecx, [rdi + unknown]
            a.bytes(0x85, 0x4F, offset_status_mxcsr);   // test [rdi + mxcsr], ecx
            a.bytes(0x75, store.code().size());         // jnz over the store
        }
        a.append(store.code());
    }
    finish(a, e);
    return publish<SimdInPlaceThunk>(a.code());
}

SimdThunk FpuThunks::make_exact(const SimdEncoding& e) {
    Assembler a;
    load_operands(a, e);
    if (e.actions & thunk::mxcsr) a.bytes(0x0F, 0xAE, 0x57, offset_mxcsr); // ldmxcsr [rdi + mxcsr]
    emit_instruction(a, e);
    if (e.actions & thunk::flags) {
        a.bytes(0x9F, 0x0F, 0x90, 0xC0);   // lahf; seto al
        a.bytes(0x89, 0x47, offset_flags); // mov [rdi + flags], eax
    }
    if (e.actions & thunk::mxcsr) {
        a.bytes(0x0F, 0xAE, 0x5F, offset_mxcsr);      // stmxcsr [rdi + mxcsr]
        a.bytes(0x0F, 0xAE, 0x57, offset_host_mxcsr); // ldmxcsr [rdi + host_mxcsr]
    }
    if (e.actions & thunk::implicit) {
        a.bytes(0x0F, 0x11, 0x47, offset_implicit); // movups [rdi + implicit], xmm0
        a.bytes(0x89, 0x4F, offset_ecx);            // mov [rdi + ecx], ecx
    }
    store_operand(a, e, true);
    finish(a, e);
    return publish<SimdThunk>(a.code());
}

const X87Routine& FpuThunks::x87(u8 opcode, u8 modrm) {
    ASSERT((opcode & 0xF8) == 0xD8, "opcode {:02X}", opcode);
    const u8 own_modrm = modrm >= 0xC0 ? modrm : (modrm & 0x38) | 6; // memory: [rsi]
    const auto [entry, is_new] = m_x87.try_emplace(static_cast<u16>(opcode << 8 | own_modrm));
    X87Routine& routine = entry->second;
    if (is_new) {
        routine.form = fpu::x87_form(opcode, modrm);
        routine.full = make_x87(opcode, own_modrm);
        if (routine.form.source == X87Form::Source::host) {
            routine.usual = make_x87_short(routine.form, false);
            routine.own_control = make_x87_short(routine.form, true);
        }
    }
    return routine;
}

X87Thunk FpuThunks::make_x87(u8 opcode, u8 modrm) {
    Assembler a;
    a.bytes(0x89, 0xD0);       // mov eax, edx
    a.bytes(0x0F, 0xAE, 0x0F); // fxrstor [rdi]
    a.bytes(0x04, 0x7F, 0x9E); // add al, 7F; sahf
    a.bytes(opcode, modrm);
    a.bytes(0x9F, 0x0F, 0x90, 0xC0);       // lahf; seto al
    a.bytes(0x0F, 0xAE, 0x07);             // fxsave [rdi]
    a.bytes(0xF6, 0x47, 0x02, 0x80);       // test byte [rdi + 2], 80: ES
    a.bytes(0x74, 0x02);                   // jz over FNCLEX
    a.bytes(0xDB, 0xE2);                   // fnclex
    a.bytes(0x0F, 0x77);                   // emms: empty, as C++ code expects
    a.bytes(0x66, 0x81, 0x3F, 0x7F, 0x03); // cmp word [rdi], 37F
    a.bytes(0x74, 0x02);                   // je over FNINIT
    a.bytes(0xDB, 0xE3);                   // fninit
    a.bytes(0xC3);
    return publish<X87Thunk>(a.code());
}

/// rdi: register file, rsi: memory operand, rdx: frame.
X87ShortThunk FpuThunks::make_x87_short(const X87Form& form, bool own_control) {
    using Destination = X87Form::Destination;
    constexpr u8 control = offsetof(X87Frame, control), host_control = offsetof(X87Frame, host_control);
    Assembler a;
    if (form.uses_st_i) a.bytes(0xDB, 0x6F, 16 * form.i); // fld tbyte [rdi + 16 i]
    if (form.uses_st_0) a.bytes(0xDB, 0x2F);              // fld tbyte [rdi]
    if (own_control) a.bytes(0xD9, 0x6A, control);        // fldcw [rdx + control]
    a.bytes(form.opcode, form.modrm);
    a.bytes(0xDF, 0xE0); // fnstsw ax
    if (form.sets_flags) {
        a.bytes(0x0F, 0xB7, 0xC8);       // movzx ecx, ax
        a.bytes(0x9F, 0x0F, 0x90, 0xC0); // lahf; seto al
        a.bytes(0xC1, 0xE0, 0x10);       // shl eax, 16
        a.bytes(0x09, 0xC8);             // or eax, ecx
    }
    if (own_control) a.bytes(0xD9, 0x6A, host_control); // fldcw [rdx + host_control]
    const auto drop = [&] { a.bytes(0xDD, 0xD8); };     // fstp st(0)
    const auto keep = [&] { a.bytes(0xDB, 0x3A); };     // fstp tbyte [rdx]
    switch (form.destination) {
    case Destination::none:
        drop();
        if (form.uses_st_i) drop();
        break;
    case Destination::st_0:
        keep();
        if (form.uses_st_i) drop();
        break;
    case Destination::st_i:
        drop();
        keep();
        break;
    case Destination::push: keep(); break;
    default: break; // the instruction has popped
    }
    a.bytes(0xC3);
    return publish<X87ShortThunk>(a.code());
}

} // namespace ringshift
