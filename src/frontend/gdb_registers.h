// The register file as gdb knows it: the target description and the bytes of each register, by gdb's numbers.
#pragma once

#include "machine/debugger.h"

#include <span>
#include <string>

namespace ringshift {

/// XML (gdb manual, "Target Description Format"): the standard features org.gnu.gdb.i386.core and .sse, and one of our
/// own with the segment bases, the instruction pointer within CS and the control registers.
///
/// gdb asks once, when it connects. Of i386 and i8086, it takes the former if either the description or the user says
/// so: 16-bit code must be described as i8086, or the user could never choose that.
std::string gdb_target_description(bool code_is_32bit);

unsigned gdb_register_count();
/// Size in bytes of register `number`, which is below gdb_register_count().
unsigned gdb_register_size(unsigned number);
/// The offset of a register in the answer to `g`, or with the count as number the size of that answer.
unsigned gdb_register_offset(unsigned number);
/// Little-endian, gdb_register_size() bytes. gdb's eip is the linear address (CS base added), so that breakpoints and
/// disassembly at $pc also work in real mode.
void gdb_get_register(const DebugRegisters& registers, unsigned number, std::span<u8> out);
/// False: the register is read only.
bool gdb_set_register(DebugRegisters& registers, unsigned number, std::span<const u8> in);

/// For people: general, segment and control registers, in lines.
std::string register_table(const DebugRegisters& registers);

} // namespace ringshift
