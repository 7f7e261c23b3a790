#include "cpu/interp/handler.h"

namespace ringshift {

namespace {

Step invalid_opcode(Cpu& cpu, const Insn&) { return cpu.raise_ud(); }

Handler select_invalid(const Insn&) { return invalid_opcode; }

constexpr Selector selectors[] = {
    select_invalid,
#define INSN(mnemonic, selector, ...) select::selector,
#include "cpu/isa/policy.def"
#undef INSN
};

} // namespace

Handler handler_for(const Insn& insn) {
    const Handler handler = selectors[static_cast<std::size_t>(insn.mnemonic)](insn);
    return handler ? handler : invalid_opcode;
}

} // namespace ringshift
