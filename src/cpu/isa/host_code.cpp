#include "cpu/isa/host_code.h"

#include <Zycore/Format.h>
#include <Zydis/Decoder.h>
#include <Zydis/Formatter.h>

#include <algorithm>

namespace ringshift {

namespace {

constexpr u32 arithmetic_flags =
    ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_PF | ZYDIS_CPUFLAG_AF | ZYDIS_CPUFLAG_ZF | ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_OF;

/// Number of the general register that `reg` is, or is part of.
u8 gpr_number(ZydisRegister reg) {
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return HostMemory::no_register;
    return static_cast<u8>(whole - ZYDIS_REGISTER_RAX);
}

HostKind base_kind(const ZydisDecodedInstruction& in) {
    switch (in.meta.category) {
    case ZYDIS_CATEGORY_BINARY:
    case ZYDIS_CATEGORY_LOGICAL:
    case ZYDIS_CATEGORY_DATAXFER:
    case ZYDIS_CATEGORY_SHIFT:
    case ZYDIS_CATEGORY_ROTATE:
    case ZYDIS_CATEGORY_BITBYTE:
    case ZYDIS_CATEGORY_CMOV:
    case ZYDIS_CATEGORY_SETCC:
    case ZYDIS_CATEGORY_CONVERT:
    case ZYDIS_CATEGORY_NOP:
    case ZYDIS_CATEGORY_WIDENOP:
    case ZYDIS_CATEGORY_SEMAPHORE: return HostKind::integer;
    case ZYDIS_CATEGORY_FLAGOP: return HostKind::arithmetic_flags; // those of the other flags are found by their effect
    case ZYDIS_CATEGORY_UNCOND_BR: return HostKind::jump;
    case ZYDIS_CATEGORY_COND_BR: return HostKind::conditional_jump;
    case ZYDIS_CATEGORY_CALL: return HostKind::call;
    case ZYDIS_CATEGORY_RET: return HostKind::ret;
    case ZYDIS_CATEGORY_PUSH:
    case ZYDIS_CATEGORY_POP: return HostKind::stack;
    case ZYDIS_CATEGORY_STRINGOP: return HostKind::string;
    default: return in.mnemonic == ZYDIS_MNEMONIC_LEA ? HostKind::integer : HostKind::other;
    }
}

HostKind kind_of(const ZydisDecodedInstruction& in) {
    switch (in.mnemonic) {
    case ZYDIS_MNEMONIC_FXSAVE:
    case ZYDIS_MNEMONIC_FXSAVE64:
    case ZYDIS_MNEMONIC_FXRSTOR:
    case ZYDIS_MNEMONIC_FXRSTOR64:
    case ZYDIS_MNEMONIC_FNSTENV:
    case ZYDIS_MNEMONIC_FLDENV:
    case ZYDIS_MNEMONIC_FNSAVE:
    case ZYDIS_MNEMONIC_FRSTOR:
    case ZYDIS_MNEMONIC_LDMXCSR:
    case ZYDIS_MNEMONIC_STMXCSR:
    case ZYDIS_MNEMONIC_VZEROUPPER: return HostKind::fpu_state;
    case ZYDIS_MNEMONIC_LEAVE:
    case ZYDIS_MNEMONIC_ENTER: return HostKind::stack;
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_LZCNT:
    case ZYDIS_MNEMONIC_TZCNT:
    case ZYDIS_MNEMONIC_XLAT: return HostKind::other;
    default: break;
    }
    if (in.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) return HostKind::other;
    switch (in.meta.isa_ext) {
    case ZYDIS_ISA_EXT_BASE:
    case ZYDIS_ISA_EXT_LONGMODE:
    case ZYDIS_ISA_EXT_MOVBE: return base_kind(in);
    case ZYDIS_ISA_EXT_BMI2: return HostKind::integer;
    case ZYDIS_ISA_EXT_X87: return HostKind::x87;
    case ZYDIS_ISA_EXT_MMX:
    case ZYDIS_ISA_EXT_SSE:
    case ZYDIS_ISA_EXT_SSE2:
    case ZYDIS_ISA_EXT_SSE3:
    case ZYDIS_ISA_EXT_SSSE3:
    case ZYDIS_ISA_EXT_SSE4:
    case ZYDIS_ISA_EXT_PCLMULQDQ:
    case ZYDIS_ISA_EXT_PAUSE: return HostKind::vector;
    default: return HostKind::other;
    }
}

HostMemory memory_of(const ZydisDecodedOperand& operand) {
    HostMemory m;
    m.rip_relative = operand.mem.base == ZYDIS_REGISTER_RIP || operand.mem.base == ZYDIS_REGISTER_EIP;
    if (!m.rip_relative) m.base = gpr_number(operand.mem.base);
    m.index = gpr_number(operand.mem.index);
    m.factor = std::max<u8>(operand.mem.scale, 1);
    m.displacement = operand.mem.disp.has_displacement ? operand.mem.disp.value : 0;
    m.size = operand.size / 8;
    m.reads = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
    m.writes = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    m.segment = operand.mem.segment == ZYDIS_REGISTER_FS || operand.mem.segment == ZYDIS_REGISTER_GS;
    m.gs = operand.mem.segment == ZYDIS_REGISTER_GS;
    m.vector_index = operand.mem.type == ZYDIS_MEMOP_TYPE_VSIB || operand.mem.type == ZYDIS_MEMOP_TYPE_MIB;
    const auto narrow = [](ZydisRegister reg) { return reg >= ZYDIS_REGISTER_EAX && reg <= ZYDIS_REGISTER_R15D; };
    m.address32 = narrow(operand.mem.base) || narrow(operand.mem.index) || operand.mem.base == ZYDIS_REGISTER_EIP;
    return m;
}

bool is_address_only(const ZydisDecodedInstruction& in, const ZydisDecodedOperand& operand) {
    return operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN || in.mnemonic == ZYDIS_MNEMONIC_NOP ||
           in.meta.category == ZYDIS_CATEGORY_WIDENOP;
}

void note_register(const ZydisDecodedInstruction& in, const ZydisDecodedOperand& operand, HostInsn& insn) {
    const ZydisRegisterClass reg_class = ZydisRegisterGetClass(operand.reg.value);
    const bool hidden = operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
    if (reg_class == ZYDIS_REGCLASS_SEGMENT || reg_class == ZYDIS_REGCLASS_CONTROL ||
        reg_class == ZYDIS_REGCLASS_DEBUG) {
        if (!hidden) insn.kind = HostKind::other;
        return;
    }
    const u8 number = gpr_number(operand.reg.value);
    if (number == HostMemory::no_register || (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0) return;
    const bool returns = in.meta.category == ZYDIS_CATEGORY_CALL || in.meta.category == ZYDIS_CATEGORY_RET;
    if (hidden && returns && number == 4) return;
    insn.written |= 1u << number;
    if (reg_class == ZYDIS_REGCLASS_GPR64) insn.written_64 |= 1u << number;
}

struct FormatContext {
    const HostNames* names = nullptr;
    u64 address = 0;
    ZydisFormatterFunc format_memory = nullptr;
    ZydisFormatterFunc format_immediate = nullptr;
};

ZyanStatus append(ZydisFormatterBuffer* buffer, const std::string& text) {
    ZyanString* string = nullptr;
    ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &string));
    return ZyanStringAppendFormat(string, "%s", text.c_str());
}

ZyanStatus format_memory(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                         ZydisFormatterContext* context) {
    const auto& own = *static_cast<const FormatContext*>(context->user_data);
    const std::string name = own.names ? own.names->memory(memory_of(*context->operand)) : std::string();
    if (name.empty() || context->operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
        return own.format_memory(formatter, buffer, context);
    ZYAN_CHECK(formatter->func_print_typecast(formatter, buffer, context));
    return append(buffer, "[" + name + "]");
}

ZyanStatus format_immediate(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                            ZydisFormatterContext* context) {
    const auto& own = *static_cast<const FormatContext*>(context->user_data);
    std::string name;
    if (own.names) {
        const auto& imm = context->operand->imm;
        name = imm.is_relative ? own.names->target(context->instruction->length + imm.value.s)
                               : own.names->immediate(imm.value.u);
    }
    return name.empty() ? own.format_immediate(formatter, buffer, context) : append(buffer, name);
}

} // namespace

struct HostDecoder::Zydis {
    Zydis() {
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
        ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_TRUE);
        ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
                                  static_cast<ZyanUPointer>(ZYDIS_PADDING_DISABLED));
        ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING,
                                  static_cast<ZyanUPointer>(ZYDIS_PADDING_DISABLED));
        ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING,
                                  static_cast<ZyanUPointer>(ZYDIS_PADDING_DISABLED));
        const auto hook = [this](ZydisFormatterFunction which, ZydisFormatterFunc ours) {
            const void* callback = reinterpret_cast<const void*>(ours);
            ZydisFormatterSetHook(&formatter, which, &callback);
            return reinterpret_cast<ZydisFormatterFunc>(const_cast<void*>(callback));
        };
        memory = hook(ZYDIS_FORMATTER_FUNC_FORMAT_OPERAND_MEM, format_memory);
        immediate = hook(ZYDIS_FORMATTER_FUNC_FORMAT_OPERAND_IMM, format_immediate);
    }
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisFormatterFunc memory;
    ZydisFormatterFunc immediate;
};

HostDecoder::HostDecoder() : m_zydis(std::make_unique<Zydis>()) {}
HostDecoder::~HostDecoder() = default;
HostDecoder::HostDecoder(HostDecoder&&) noexcept = default;
HostDecoder& HostDecoder::operator=(HostDecoder&&) noexcept = default;

bool HostDecoder::decode(std::span<const u8> bytes, HostInsn& insn) const {
    insn = {};
    ZydisDecodedInstruction in;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&m_zydis->decoder, bytes.data(), bytes.size(), &in, operands.data())))
        return false;
    insn.length = in.length;
    insn.kind = kind_of(in);
    if (in.cpu_flags) {
        const auto& flags = *in.cpu_flags;
        insn.sets_system_flags = ((flags.modified | flags.set_0 | flags.set_1) & ~arithmetic_flags) != 0;
    }
    const bool branches = insn.kind == HostKind::jump || insn.kind == HostKind::conditional_jump ||
                          insn.kind == HostKind::call || insn.kind == HostKind::ret;
    for (unsigned i = 0; i < in.operand_count; ++i) {
        const ZydisDecodedOperand& operand = operands[i];
        const bool hidden = operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
        switch (operand.type) {
        case ZYDIS_OPERAND_TYPE_REGISTER:
            note_register(in, operand, insn);
            if (branches && !hidden && gpr_number(operand.reg.value) != HostMemory::no_register) insn.indirect = true;
            break;
        case ZYDIS_OPERAND_TYPE_MEMORY:
            if (is_address_only(in, operand) || (hidden && branches)) break;
            if (branches) insn.indirect = true;
            if (insn.memory_count == insn.memory.size()) return false; // no instruction has more
            insn.memory[insn.memory_count] = memory_of(operand);
            insn.memory[insn.memory_count++].address32 = in.address_width == 32;
            break;
        case ZYDIS_OPERAND_TYPE_IMMEDIATE:
            if (!operand.imm.is_relative) break;
            insn.relative = true;
            insn.target = in.length + operand.imm.value.s;
            break;
        case ZYDIS_OPERAND_TYPE_POINTER: insn.kind = HostKind::other; break;
        default: break;
        }
    }
    return true;
}

std::string HostDecoder::text(std::span<const u8> bytes, u64 address, const HostNames* names) const {
    ZydisDecodedInstruction in;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    std::array<char, 256> text{};
    FormatContext context{names, address, m_zydis->memory, m_zydis->immediate};
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&m_zydis->decoder, bytes.data(), bytes.size(), &in, operands.data())) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&m_zydis->formatter, &in, operands.data(),
                                                      in.operand_count_visible, text.data(), text.size(), address,
                                                      &context)))
        return "(bad)";
    return text.data();
}

} // namespace ringshift
