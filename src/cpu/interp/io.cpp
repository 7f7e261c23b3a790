// IN and OUT. INS and OUTS are string.cpp's.

#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

/// The port is an immediate byte or DX.
template <bool immediate>
u16 port_of(const Cpu& cpu, const Insn& insn) {
    return immediate ? static_cast<u8>(insn.immediate) : cpu.state.reg<u16>(Gpr::dx);
}

template <typename T, bool immediate>
Step input(Cpu& cpu, const Insn& insn) {
    const u16 port = port_of<immediate>(cpu, insn);
    GUEST_TRY(cpu.check_io(port, sizeof(T)));
    cpu.state.set_reg<T>(Gpr::ax, static_cast<T>(cpu.platform.in(port, sizeof(T))));
    cpu.note_port_access(port, sizeof(T));
    return Flow::stop;
}

template <typename T, bool immediate>
Step output(Cpu& cpu, const Insn& insn) {
    const u16 port = port_of<immediate>(cpu, insn);
    GUEST_TRY(cpu.check_io(port, sizeof(T)));
    cpu.platform.out(port, sizeof(T), cpu.state.reg<T>(Gpr::ax));
    cpu.note_port_access(port, sizeof(T));
    return Flow::stop;
}

/// Opcode bit 3 tells DX from an immediate, bit 0 the full operand size from a byte.
unsigned size_of(const Insn& insn) { return (insn.opcode & 1) ? insn.operand_size : 1; }
bool by_register(const Insn& insn) { return (insn.opcode & 8) != 0; }

} // namespace

namespace select {
Handler in(const Insn& insn) {
    return by_size(size_of(insn), [&]<typename T>() -> Handler {
        return by_register(insn) ? Handler(input<T, false>) : Handler(input<T, true>);
    });
}
Handler out(const Insn& insn) {
    return by_size(size_of(insn), [&]<typename T>() -> Handler {
        return by_register(insn) ? Handler(output<T, false>) : Handler(output<T, true>);
    });
}
} // namespace select

} // namespace ringshift
