#!/usr/bin/env python3
"""Whole machines in lockstep: both engines agree, the guest runs as it does alone, and what is on the host stays as it is.

    test_lockstep.py RINGSHIFT [SUBJECT]    the engine under test; default: that of --engine lockstep
"""
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from assemble import assemble

RINGSHIFT = sys.argv[1]
LOCKSTEP = ["--engine", "lockstep" + (":" + sys.argv[2] if len(sys.argv) > 2 else "")]
COMMON = ["--headless", "--quiet", "--print-state-hash", "--stats", "--timeout", "200"]
TOUR = ["--memory-size", "16M", "--expect", "tour> ", "--type", "help\\n", "--expect", "selfmod", "--type", "rings\\n", "--expect", "tour> ",
        "--type", "selfmod\\n", "--expect", "tour> "]
failures = 0


def ringshift(*arguments, status=0):
    done = subprocess.run([RINGSHIFT, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    errors = done.stderr.decode(errors="replace")
    assert done.returncode == status, f"status {done.returncode}: {errors[:6000]}"
    found = re.search(rb"state hash ([0-9a-f]{16})", done.stdout)
    return found and found[1], errors


def test(function):
    global failures
    with tempfile.TemporaryDirectory() as folder:
        try:
            function(Path(folder))
            print(f"ok      {function.__name__.replace('_', ' ')}", flush=True)
        except AssertionError as error:
            failures += 1
            print(f"FAILED  {function.__name__.replace('_', ' ')}: {error}", flush=True)


def the_tour_runs_as_it_does_alone(folder):
    alone, _ = ringshift("run", *COMMON, "--engine", "interp", "--deterministic", *TOUR)
    together, errors = ringshift("run", *COMMON, *LOCKSTEP, *TOUR)
    assert alone == together, f"{alone} alone, {together} in lockstep"
    comparisons = re.search(r"(\d+) comparisons", errors)
    assert comparisons and int(comparisons[1]) > 100, errors
    print(errors)


def a_saved_machine_goes_on_in_lockstep(folder):
    saved = folder / "saved"
    ringshift("run", *COMMON, "--engine", "interp", "--deterministic", "--memory-size", "16M", "--expect", "tour> ", "--save", saved)
    steps = ["--type", "help\\n", "--expect", "selfmod"]
    alone, _ = ringshift("resume", *COMMON, "--engine", "interp", *steps, saved)
    together, _ = ringshift("resume", *COMMON, *LOCKSTEP, *steps, saved)
    assert alone == together, f"{alone} alone, {together} in lockstep"


# Writes the sector at 7C00 to the second one of the floppy or disk DL, reads it back and shows a letter.
WRITER = """
mov ax, 0x0301
mov cx, 2
xor dh, dh
mov bx, 0x7C00
int 0x13
mov ax, 0x0201
mov cx, 2
xor dh, dh
mov bx, 0x600
int 0x13
mov ax, [0x7DFE]
cmp ax, [0x7FE]
jne bad
mov ax, [0x7FE]
cmp ax, 0xAA55
jne bad
mov ax, 0xB800
mov es, ax
mov byte [es:0], 'W'
mov byte [es:2], 'R'
mov byte [es:4], 'T'
bad: hlt
jmp bad
"""


def images_stay_as_they_are(folder):
    image = folder / "disk.img"
    image.write_bytes(assemble(folder, "writer", WRITER.replace("0x7FE]", "0x600 + 510]")).read_bytes().ljust(4 << 20, b"\0"))
    before = hashlib.sha256(image.read_bytes()).digest()
    ringshift("run", *COMMON, *LOCKSTEP, "--memory-size", "16M", "--disk", image, "--expect", "^WRT")
    assert hashlib.sha256(image.read_bytes()).digest() == before, "the guest's write has reached the image"


def the_debugger_is_refused(folder):
    _, errors = ringshift("run", *COMMON, *LOCKSTEP, "--gdb", "0", status=2)
    assert "--gdb does not go with --engine lockstep" in errors, errors


for function in [the_tour_runs_as_it_does_alone, a_saved_machine_goes_on_in_lockstep, images_stay_as_they_are, the_debugger_is_refused]:
    test(function)
sys.exit(1 if failures else 0)
