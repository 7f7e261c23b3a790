#include "cpu/isa/disassembler.h"

#include <Zydis/Decoder.h>
#include <Zydis/Formatter.h>

#include <algorithm>
#include <array>

namespace ringshift {

std::string disassemble(std::span<const u8> bytes, bool code32, u32 address, std::size_t* length) {
    ZydisDecoder decoder;
    if (code32)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    else
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
    ZydisFormatter formatter;
    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);

    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    std::array<char, 256> text{};
    if (length) *length = std::min<std::size_t>(bytes.size(), 1);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &instruction, operands.data())) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &instruction, operands.data(),
                                                      instruction.operand_count_visible, text.data(), text.size(),
                                                      address, nullptr)))
        return "(bad)";
    if (length) *length = instruction.length;
    return text.data();
}

} // namespace ringshift
