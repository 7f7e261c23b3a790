// Any bytes, decoded for every model in both code sizes: the Insn must keep what the handlers rely on, whatever the
// bytes are.
#include "base/result.h"
#include "cpu/interp/handler.h"
#include "cpu/isa/decoder.h"
#include "cpu/isa/disassembler.h"
#include "cpu/isa/policy.h"

#include <vector>

using namespace ringshift;

namespace {

struct ModelDecoder {
    CpuModel model;
    Decoder decoder;
};

const std::vector<ModelDecoder>& decoders() {
    static const auto all = [] {
        std::vector<ModelDecoder> list;
        for (const auto name : CpuModel::names()) {
            const CpuModel model = CpuModel::by_name(name).release();
            list.push_back({model, Decoder(model)});
        }
        return list;
    }();
    return all;
}

void check_operand(const Insn& insn, const Operand& operand) {
    switch (operand.kind) {
    case OperandKind::gpr:
        ASSERT(operand.slot / 8 < 8 && operand.slot % 8 <= 1, "slot {}", operand.slot);
        ASSERT(operand.size == 1 || ((operand.size == 2 || operand.size == 4) && operand.slot % 8 == 0));
        break;
    case OperandKind::memory:
        ASSERT(insn.memory.base <= MemoryOperand::no_register && insn.memory.index <= MemoryOperand::no_register);
        ASSERT(insn.memory.scale <= 3 && insn.memory.segment <= SegmentName::gs);
        break;
    case OperandKind::segment: ASSERT(operand.slot <= static_cast<u8>(SegmentName::gs)); break;
    case OperandKind::control: ASSERT(operand.slot <= 4 && operand.slot != 1); break;
    case OperandKind::debug:
    case OperandKind::st:
    case OperandKind::mmx:
    case OperandKind::xmm: ASSERT(operand.slot < 8); break;
    case OperandKind::none:
    case OperandKind::immediate:
    case OperandKind::relative:
    case OperandKind::far_pointer: break;
    }
}

void check(const ModelDecoder& of, std::span<const u8> bytes, bool code32) {
    Insn insn;
    const auto outcome = of.decoder.decode(bytes, code32, insn);
    if (outcome != Decoder::Outcome::ok) {
        ASSERT(insn.mnemonic == Mnemonic::invalid);
        ASSERT(outcome != Decoder::Outcome::truncated || bytes.size() < Decoder::max_length);
        ASSERT(handler_for(insn) != nullptr);
        return;
    }
    ASSERT(insn.mnemonic != Mnemonic::invalid && of.model.has(policy(insn.mnemonic).feature));
    ASSERT(insn.length >= 1 && insn.length <= Decoder::max_length && insn.length <= bytes.size());
    ASSERT(insn.operand_count <= insn.operands.size());
    ASSERT(insn.operand_size == 2 || insn.operand_size == 4);
    ASSERT(insn.address_size == 2 || insn.address_size == 4);
    ASSERT(insn.memory.segment <= SegmentName::gs);
    for (unsigned i = 0; i < insn.operands.size(); ++i) {
        ASSERT((i < insn.operand_count) == (insn.operands[i].kind != OperandKind::none), "operand {} of {}", i,
               policy(insn.mnemonic).name);
        check_operand(insn, insn.operands[i]);
    }
    ASSERT(handler_for(insn) != nullptr);

    // The same bytes alone are the same instruction, and one byte less is not enough.
    Insn again;
    ASSERT(of.decoder.decode(bytes.first(insn.length), code32, again) == Decoder::Outcome::ok);
    ASSERT(again.mnemonic == insn.mnemonic && again.length == insn.length);
    ASSERT(of.decoder.decode(bytes.first(insn.length - 1u), code32, again) == Decoder::Outcome::truncated);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
    const std::span<const u8> bytes(data, size);
    for (const bool code32 : {false, true}) {
        for (const ModelDecoder& of : decoders()) check(of, bytes, code32);
        disassemble(bytes, code32, 0xFFFFFFF0);
    }
    return 0;
}
