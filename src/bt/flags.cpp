#include "bt/flags.h"

namespace ringshift::bt {

FlagUse flag_use(const Insn& insn) {
    for (const Operand& op : insn.operands) {
        const bool plain = op.kind == OperandKind::none || op.kind == OperandKind::gpr ||
                           op.kind == OperandKind::immediate ||
                           (op.kind == OperandKind::memory && insn.mnemonic == Mnemonic::LEA);
        if (!plain) return FlagUse::other;
    }
    switch (insn.mnemonic) {
    case Mnemonic::ADD:
    case Mnemonic::SUB:
    case Mnemonic::AND:
    case Mnemonic::OR:
    case Mnemonic::XOR:
    case Mnemonic::CMP:
    case Mnemonic::TEST:
    case Mnemonic::NEG: return FlagUse::defines_all;
    case Mnemonic::MOV:
    case Mnemonic::MOVZX:
    case Mnemonic::MOVSX:
    case Mnemonic::LEA:
    case Mnemonic::NOT:
    case Mnemonic::BSWAP:
    case Mnemonic::CBW:
    case Mnemonic::CWDE:
    case Mnemonic::CWD:
    case Mnemonic::CDQ:
    case Mnemonic::XCHG:
    case Mnemonic::NOP: return FlagUse::none;
    default: return FlagUse::other;
    }
}

} // namespace ringshift::bt
