#!/usr/bin/env python3
"""mutation_check.py SOURCE_FOLDER WORK_FOLDER: do the insn tests notice?

Breaks one handler at a time in a copy of the sources, builds, and wants a failing case each time. Slow: every mutant is
compiled."""
import shutil
import subprocess
import sys
from pathlib import Path

# File of src/cpu, what stands there, what the mutant has instead (first occurrence).
MUTANTS = [
    ("interp/integer_arithmetic.cpp", "OPERATION(Adc, adc)", "OPERATION(Adc, add)"),
    ("interp/integer_arithmetic.cpp", "OPERATION(Sbb, sbb)", "OPERATION(Sbb, sub)"),
    ("interp/integer_arithmetic.cpp", "host::inc<T>(a, flags)", "host::dec<T>(a, flags)"),
    ("interp/integer_arithmetic.cpp", "adjust(0x60)", "adjust(0x50)"),
    ("interp/integer_arithmetic.cpp", "al % base", "al / base"),
    ("interp/integer_bits.cpp", "OPERATION(Rcl, rcl)", "OPERATION(Rcl, rol)"),
    ("interp/integer_bits.cpp", "OPERATION(Shld, shld)", "OPERATION(Shld, shrd)"),
    ("interp/integer_bits.cpp", "host::bsf<T>(destination", "host::bsr<T>(destination"),
    ("interp/integer_bits.cpp", "sizeof(T) == 2 ? 4 : 5", "sizeof(T) == 2 ? 3 : 5"),
    ("interp/integer_move.cpp", "static_cast<To>(static_cast<std::make_signed_t<From>>(value))", "static_cast<To>(value)"),
    ("interp/integer_move.cpp", "(flags & flag::zf) ? replacement : old", "replacement"),
    ("interp/integer_move.cpp", "state.arithmetic_flags |= flag::zf", "state.arithmetic_flags |= flag::cf"),
    ("interp/integer_move.cpp", "set_reg_at<u8>(cpu.state, 1,", "set_reg_at<u8>(cpu.state, 0,"),
    ("interp/conditions.h", "(flags >> 7) ^ (flags >> 11)) & 1; break", "(flags >> 7) ^ (flags >> 10)) & 1; break"),
    ("interp/control.cpp", "left != 0 &&", "left == 0 &&"),
    ("interp/control.cpp", "sizeof(T)) + release", "sizeof(T)) + release - release"),
    ("interp/stack.cpp", "values[7 - i] =", "values[i] ="),
    ("interp/stack.cpp", "insn.immediate2 & 31", "insn.immediate2 & 1"),
    ("interp/string.cpp", "backward() ? 0u - size : size", "backward() ? size : size"),
    ("interp/string.cpp", "return equal == (c.insn.repeat", "return equal != (c.insn.repeat"),
    ("interp/system.cpp", "state.shadow = Shadow::sti", "state.shadow = Shadow::none"),
    ("interp/system.cpp", "if (state.system_flags & flag::vip) break", "if (state.system_flags & flag::vif) break"),
    ("interp/system.cpp", "state.cpl <= state.iopl() || !state.protected_mode()", "state.cpl < state.iopl() || !state.protected_mode()"),
    ("delivery.cpp", "cpl, Vector::invalid_tss", "cpl, Vector::general_protection"),
    ("delivery.cpp", "(gate.type() & 1) == 0", "(gate.type() & 1) != 0"),
    ("delivery.cpp", "error_code |= 1; // EXT", "error_code |= 0; // EXT"),
    ("delivery.cpp", "(vector % 8)) & 1) != 0", "(vector % 8)) & 1) == 0"),
    ("transfer.cpp", "for (unsigned i = count; i-- > 0;)", "for (unsigned i = 0; i < count; ++i)"),
    ("transfer.cpp", "segment.dpl() < cpu.state.cpl) segment", "segment.dpl() > cpu.state.cpl) segment"),
    ("transfer.cpp", "outer.pointer + release_bytes", "outer.pointer - release_bytes"),
    ("segmentation.cpp", "if (offset + 7 > table_limit)", "if (offset > table_limit)"),
    ("task.cpp", "m_old_descriptor.is_busy_tss()", "!m_old_descriptor.is_busy_tss()"),
]


def main():
    source, work = (Path(argument).resolve() for argument in sys.argv[1:3])
    tree, build = work / "tree", work / "build"
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("src", "tests", "cmake", "guests", "packaging"):
        # With new times: objects of mutants from an interrupted run must not pass for current ones.
        shutil.copytree(source / part, tree / part, ignore=shutil.ignore_patterns("cache"), copy_function=shutil.copy)
    shutil.copy(source / "CMakeLists.txt", tree)

    def compiled():
        done = subprocess.run(["cmake", "--build", build, "--target", "insn_runner"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode == 0, done.stdout.decode(errors="replace")

    def failures():
        """The number of failing cases; a program that crashes or does not end has noticed, too."""
        cases = sorted(tree.glob("tests/insn/*/*.asm"))
        command = [build / "insn_runner", build / "tests/insn/host_runner", tree / "tests/insn", "--engine", "interp", *cases]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, timeout=600)
        except subprocess.TimeoutExpired:
            return 1
        return done.stdout.decode(errors="replace").count(": FAILED") or int(done.returncode != 0)

    subprocess.run(["cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1"],
                   check=True, stdout=subprocess.DEVNULL)
    good, log = compiled()
    if not good:
        sys.exit("the copy does not build:\n" + log[-4000:])
    if failures():
        sys.exit("insn tests fail without any mutation")
    survivors = 0
    for name, before, after in MUTANTS:
        path = tree / "src/cpu" / name
        original = path.read_text()
        if before not in original:
            sys.exit(f"{name}: no {before!r}: the list of mutants is out of date")
        path.write_text(original.replace(before, after, 1))
        good, log = compiled()
        if not good:
            sys.exit(f"{name}: the mutant {after!r} does not build:\n" + log[-4000:])
        count = failures()
        survivors += count == 0
        print(f"{count:4} cases fail  {name}: {before} -> {after}", flush=True)
        path.write_text(original)
    print(f"{len(MUTANTS)} mutants, {survivors} not noticed")
    sys.exit(1 if survivors else 0)


main()
