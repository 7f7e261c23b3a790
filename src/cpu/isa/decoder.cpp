// Decoding: Zydis finds the instruction, policy.def and the CPU model say whether it is one of ours, and what remains
// is copied into the compact Insn.
//
// Zydis knows a newer processor than any of our models, and three layers take the difference away. Extensions that
// reuse encodings our CPUs have other meanings for (LZCNT is BSR with an idle F3, CET and MPX are hint NOPs) are
// switched off in Zydis. An instruction set that no model has (required_feature) is refused, whatever its mnemonic. And
// what policy.def does not name is invalid. One mnemonic can belong to several sets (PADDB of MMX and of SSE2), so the
// set that Zydis reports counts as well as the row's feature.
//
// Real, virtual-8086 and 16-bit protected mode share one decoder and its cached blocks. What is only #UD in real mode
// (ARPL, LAR, LLDT, SLDT, VERR) is therefore judged by the handlers.
#include "cpu/isa/decoder.h"

#include "cpu/isa/policy.h"

#include <Zydis/Decoder.h>
#include <Zydis/Register.h>

#include <algorithm>
#include <optional>

namespace ringshift {

namespace {

/// Zydis' number of a mnemonic to ours; Mnemonic::invalid for those without a row.
constexpr auto mnemonic_table = [] {
    std::array<Mnemonic, ZYDIS_MNEMONIC_MAX_VALUE + 1> table{};
#define INSN(mnemonic, ...) table[ZYDIS_MNEMONIC_##mnemonic] = Mnemonic::mnemonic;
#include "cpu/isa/policy.def"
#undef INSN
    return table;
}();

/// What a model must have for any instruction of the set; none: no model has it.
std::optional<Feature> required_feature(ZydisISASet set) {
    switch (set) {
    case ZYDIS_ISA_SET_I86:
    case ZYDIS_ISA_SET_I186:
    case ZYDIS_ISA_SET_I286REAL:
    case ZYDIS_ISA_SET_I286PROTECTED:
    case ZYDIS_ISA_SET_I386:
    case ZYDIS_ISA_SET_LAHF:
    case ZYDIS_ISA_SET_PAUSE: // F3 90 is NOP before the Pentium 4
    case ZYDIS_ISA_SET_PPRO:  // with the row's feature: FCOMI, SYSENTER, UD2
        return Feature::base;
    case ZYDIS_ISA_SET_I486:
    case ZYDIS_ISA_SET_I486REAL: return Feature::i486;
    case ZYDIS_ISA_SET_PENTIUMREAL: // with the row's feature: RDTSC, RDMSR, CMPXCHG8B
    case ZYDIS_ISA_SET_RDPMC: return Feature::i486;
    case ZYDIS_ISA_SET_X87: return Feature::fpu;
    case ZYDIS_ISA_SET_CMOV:
    case ZYDIS_ISA_SET_FCMOV: return Feature::cmov;
    case ZYDIS_ISA_SET_FAT_NOP:
    case ZYDIS_ISA_SET_PREFETCH_NOP: // 0F 0D with a register
        return Feature::nopl;
    case ZYDIS_ISA_SET_PENTIUMMMX: return Feature::mmx;
    case ZYDIS_ISA_SET_FXSAVE: return Feature::fxsr;
    case ZYDIS_ISA_SET_CLFSH: return Feature::clfsh;
    case ZYDIS_ISA_SET_SSE:
    case ZYDIS_ISA_SET_SSEMXCSR:
    case ZYDIS_ISA_SET_SSE_PREFETCH: return Feature::sse;
    case ZYDIS_ISA_SET_SSE2:
    case ZYDIS_ISA_SET_SSE2MMX: return Feature::sse2;
    case ZYDIS_ISA_SET_SSE3:
    case ZYDIS_ISA_SET_SSE3X87: return Feature::sse3;
    case ZYDIS_ISA_SET_SSSE3:
    case ZYDIS_ISA_SET_SSSE3MMX: return Feature::ssse3;
    case ZYDIS_ISA_SET_SSE4: return Feature::sse4_1;
    case ZYDIS_ISA_SET_SSE42: return Feature::sse4_2;
    case ZYDIS_ISA_SET_POPCNT: return Feature::popcnt;
    case ZYDIS_ISA_SET_PCLMULQDQ: return Feature::pclmulqdq;
    case ZYDIS_ISA_SET_MOVBE: return Feature::movbe;
    case ZYDIS_ISA_SET_RDTSCP: return Feature::rdtscp;
    default: return std::nullopt;
    }
}

bool offered(const CpuModel& model, const ZydisDecodedInstruction& in, Mnemonic mnemonic) {
    if (mnemonic == Mnemonic::invalid || in.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) return false;
    const auto set = required_feature(in.meta.isa_set);
    if (!set || !model.has(*set) || !model.has(policy(mnemonic).feature)) return false;
    // Hint NOPs (0F 18 to 0F 1F) came together with the documented multi-byte NOP; Zydis counts some to other sets.
    return in.mnemonic != ZYDIS_MNEMONIC_NOP || in.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT || model.has(Feature::nopl);
}

SegmentName segment_name(ZydisRegister reg) { return static_cast<SegmentName>(reg - ZYDIS_REGISTER_ES); }

/// An address register, 16 or 32 bits wide.
u8 address_register(ZydisRegister reg) {
    if (reg == ZYDIS_REGISTER_NONE) return MemoryOperand::no_register;
    return static_cast<u8>(reg >= ZYDIS_REGISTER_EAX ? reg - ZYDIS_REGISTER_EAX : reg - ZYDIS_REGISTER_AX);
}

Operand register_operand(ZydisRegister reg) {
    const auto in = [reg](ZydisRegister first, ZydisRegister last) { return reg >= first && reg <= last; };
    const auto make = [reg](OperandKind kind, ZydisRegister first, unsigned scale, u16 size) {
        return Operand{kind, static_cast<u8>(static_cast<unsigned>(reg - first) * scale), size};
    };
    if (in(ZYDIS_REGISTER_AL, ZYDIS_REGISTER_BL)) return make(OperandKind::gpr, ZYDIS_REGISTER_AL, 8, 1);
    if (in(ZYDIS_REGISTER_AH, ZYDIS_REGISTER_BH)) {
        Operand high = make(OperandKind::gpr, ZYDIS_REGISTER_AH, 8, 1);
        ++high.slot;
        return high;
    }
    if (in(ZYDIS_REGISTER_AX, ZYDIS_REGISTER_DI)) return make(OperandKind::gpr, ZYDIS_REGISTER_AX, 8, 2);
    if (in(ZYDIS_REGISTER_EAX, ZYDIS_REGISTER_EDI)) return make(OperandKind::gpr, ZYDIS_REGISTER_EAX, 8, 4);
    if (in(ZYDIS_REGISTER_ES, ZYDIS_REGISTER_GS)) return make(OperandKind::segment, ZYDIS_REGISTER_ES, 1, 2);
    if (in(ZYDIS_REGISTER_CR0, ZYDIS_REGISTER_CR15)) return make(OperandKind::control, ZYDIS_REGISTER_CR0, 1, 4);
    if (in(ZYDIS_REGISTER_DR0, ZYDIS_REGISTER_DR15)) return make(OperandKind::debug, ZYDIS_REGISTER_DR0, 1, 4);
    if (in(ZYDIS_REGISTER_ST0, ZYDIS_REGISTER_ST7)) return make(OperandKind::st, ZYDIS_REGISTER_ST0, 1, 10);
    if (in(ZYDIS_REGISTER_MM0, ZYDIS_REGISTER_MM7)) return make(OperandKind::mmx, ZYDIS_REGISTER_MM0, 1, 8);
    if (in(ZYDIS_REGISTER_XMM0, ZYDIS_REGISTER_XMM7)) return make(OperandKind::xmm, ZYDIS_REGISTER_XMM0, 1, 16);
    return {};
}

MemoryOperand memory_operand(const ZydisDecodedOperandMem& mem) {
    MemoryOperand memory;
    memory.base = address_register(mem.base);
    memory.index = address_register(mem.index);
    memory.scale = static_cast<u8>(mem.scale == 8 ? 3 : mem.scale >> 1);
    memory.segment = segment_name(mem.segment);
    memory.displacement = mem.disp.has_displacement ? static_cast<u32>(mem.disp.value) : 0;
    return memory;
}

bool is_string(ZydisMnemonic mnemonic, ZydisOpcodeMap map) {
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_MOVSD: // these two are also names of SSE2
    case ZYDIS_MNEMONIC_CMPSD: return map == ZYDIS_OPCODE_MAP_DEFAULT;
    case ZYDIS_MNEMONIC_MOVSB:
    case ZYDIS_MNEMONIC_MOVSW:
    case ZYDIS_MNEMONIC_CMPSB:
    case ZYDIS_MNEMONIC_CMPSW:
    case ZYDIS_MNEMONIC_STOSB:
    case ZYDIS_MNEMONIC_STOSW:
    case ZYDIS_MNEMONIC_STOSD:
    case ZYDIS_MNEMONIC_LODSB:
    case ZYDIS_MNEMONIC_LODSW:
    case ZYDIS_MNEMONIC_LODSD:
    case ZYDIS_MNEMONIC_SCASB:
    case ZYDIS_MNEMONIC_SCASW:
    case ZYDIS_MNEMONIC_SCASD:
    case ZYDIS_MNEMONIC_INSB:
    case ZYDIS_MNEMONIC_INSW:
    case ZYDIS_MNEMONIC_INSD:
    case ZYDIS_MNEMONIC_OUTSB:
    case ZYDIS_MNEMONIC_OUTSW:
    case ZYDIS_MNEMONIC_OUTSD: return true;
    default: return false;
    }
}

/// Prefixes: sizes, REP, the mandatory prefix and the segment that an implicit memory operand takes. The last one of a
/// group counts, as in the processors.
void apply_prefixes(const ZydisDecodedInstruction& in, bool code32, Insn& insn) {
    bool operand_size = false;
    bool address_size = false;
    for (unsigned i = 0; i < in.raw.prefix_count; ++i) {
        const auto& prefix = in.raw.prefixes[i];
        const bool mandatory = prefix.type == ZYDIS_PREFIX_TYPE_MANDATORY && in.opcode_map != ZYDIS_OPCODE_MAP_DEFAULT;
        switch (prefix.value) {
        case 0x66:
            if (mandatory)
                insn.mandatory_prefix = prefix.value;
            else
                operand_size = true;
            break;
        case 0x67: address_size = true; break;
        case 0xF2:
        case 0xF3:
            if (mandatory)
                insn.mandatory_prefix = prefix.value;
            else
                insn.repeat = prefix.value == 0xF3 ? RepeatPrefix::rep : RepeatPrefix::repne;
            break;
        case 0xF0: insn.lock = true; break;
        case 0x26: insn.memory.segment = SegmentName::es; break;
        case 0x2E: insn.memory.segment = SegmentName::cs; break;
        case 0x36: insn.memory.segment = SegmentName::ss; break;
        case 0x3E: insn.memory.segment = SegmentName::ds; break;
        case 0x64: insn.memory.segment = SegmentName::fs; break;
        case 0x65: insn.memory.segment = SegmentName::gs; break;
        default: break;
        }
    }
    insn.operand_size = code32 != operand_size ? 4 : 2;
    insn.address_size = code32 != address_size ? 4 : 2;
}

void append_operand(const ZydisDecodedOperand& from, Insn& insn) {
    Operand& to = insn.operands[insn.operand_count++];
    switch (from.type) {
    case ZYDIS_OPERAND_TYPE_REGISTER: to = register_operand(from.reg.value); return;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        to = {OperandKind::memory, 0, static_cast<u16>(from.size / 8)};
        insn.memory = memory_operand(from.mem);
        return;
    case ZYDIS_OPERAND_TYPE_POINTER:
        to = {OperandKind::far_pointer, 0, static_cast<u16>(from.size / 8)};
        insn.immediate = from.ptr.offset;
        insn.immediate2 = from.ptr.segment;
        return;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE: {
        const bool second = insn.operand_count == 2 && insn.operands[0].kind == OperandKind::immediate;
        to = {from.imm.is_relative ? OperandKind::relative : OperandKind::immediate, 0,
              static_cast<u16>(from.size / 8)};
        (second ? insn.immediate2 : insn.immediate) = static_cast<u32>(from.imm.value.u);
        return;
    }
    default: return;
    }
}

u8 opcode_map_number(ZydisOpcodeMap map) {
    switch (map) {
    case ZYDIS_OPCODE_MAP_0F: return 1;
    case ZYDIS_OPCODE_MAP_0F38: return 2;
    case ZYDIS_OPCODE_MAP_0F3A: return 3;
    default: return 0;
    }
}

void make_decoder(ZydisDecoder& decoder, ZydisMachineMode mode, ZydisStackWidth width) {
    ZydisDecoderInit(&decoder, mode, width);
    for (const ZydisDecoderMode newer :
         {ZYDIS_DECODER_MODE_AMD_BRANCHES, ZYDIS_DECODER_MODE_KNC, ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET,
          ZYDIS_DECODER_MODE_LZCNT, ZYDIS_DECODER_MODE_TZCNT, ZYDIS_DECODER_MODE_WBNOINVD, ZYDIS_DECODER_MODE_CLDEMOTE})
        ZydisDecoderEnableMode(&decoder, newer, ZYAN_FALSE);
}

} // namespace

struct Decoder::Zydis {
    explicit Zydis(const CpuModel& cpu_model) : model(cpu_model) {
        make_decoder(code16, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
        make_decoder(code32, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    }
    ZydisDecoder code16;
    ZydisDecoder code32;
    const CpuModel model;
};

Decoder::Decoder(const CpuModel& model) : m_zydis(std::make_unique<Zydis>(model)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Decoder::Outcome Decoder::decode(std::span<const u8> bytes, bool code32, Insn& insn) const {
    insn = {};
    bytes = bytes.first(std::min(bytes.size(), max_length));
    std::copy(bytes.begin(), bytes.end(), insn.bytes.begin());
    insn.length = bytes.empty() ? 0 : 1;

    ZydisDecodedInstruction in;
    ZydisDecoderContext context;
    const ZydisDecoder& decoder = code32 ? m_zydis->code32 : m_zydis->code16;
    const ZyanStatus status = ZydisDecoderDecodeInstruction(&decoder, &context, bytes.data(), bytes.size(), &in);
    if (status == ZYDIS_STATUS_NO_MORE_DATA) {
        insn.length = static_cast<u8>(bytes.size());
        return bytes.size() == max_length ? Outcome::too_long : Outcome::truncated;
    }
    if (status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG) {
        insn.length = max_length;
        return Outcome::too_long;
    }
    if (!ZYAN_SUCCESS(status)) return Outcome::invalid;
    insn.length = in.length;

    const Mnemonic mnemonic = mnemonic_table[in.mnemonic];
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT_VISIBLE> operands;
    if (!offered(m_zydis->model, in, mnemonic) || in.operand_count_visible > operands.size() ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &in, operands.data(), in.operand_count_visible)))
        return Outcome::invalid;

    apply_prefixes(in, code32, insn);
    insn.opcode_map = opcode_map_number(in.opcode_map);
    insn.opcode = in.opcode;
    if ((in.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0)
        insn.modrm = static_cast<u8>(in.raw.modrm.mod << 6 | in.raw.modrm.reg << 3 | in.raw.modrm.rm);
    insn.displacement_field = {in.raw.disp.offset, static_cast<u8>(in.raw.disp.size / 8)};
    insn.immediate_field = {in.raw.imm[0].offset, static_cast<u8>(in.raw.imm[0].size / 8)};
    insn.immediate_signed = in.raw.imm[0].is_signed;
    if (is_string(in.mnemonic, in.opcode_map))
        insn.element_size = static_cast<u8>(in.operand_width / 8);
    else if (in.operand_count_visible <= insn.operands.size())
        for (unsigned i = 0; i < in.operand_count_visible; ++i) append_operand(operands[i], insn);

    if (insn.lock && ((policy(mnemonic).facts & fact::Lock) == 0 || insn.operands[0].kind != OperandKind::memory))
        return Outcome::invalid;
    insn.mnemonic = mnemonic;
    return Outcome::ok;
}

} // namespace ringshift
