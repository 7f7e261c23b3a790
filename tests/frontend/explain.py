#!/usr/bin/env python3
"""`ringshift explain` and `--explain`, from outside.

    explain.py RINGSHIFT BUILD_FOLDER
"""
import json
import os
import pathlib
import subprocess
import sys

from support import assemble, check, need, scratch

PROGRAM = sys.argv[1]


def run(*arguments, status=0, **more):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, **more)
    check(done.returncode == status, f"{arguments}: status {done.returncode}: {done.stderr}")
    return done.stderr if status else done.stdout


def check_blocks(text, code, base):
    """Every byte of guest and host code is there once, and every host instruction has its reason."""
    blocks = json.loads(text)["blocks"]
    check(len(blocks) > 0, "there are blocks")
    guest = "".join(insn["bytes"] for block in blocks for insn in block["guest"])
    check(guest == code.hex(), "the guest's bytes are those of the file")
    check(blocks[0]["eip"] == base, "the first block begins at the base")
    for block in blocks:
        offset = 0
        for insn in block["host"]:
            check(insn["offset"] == offset, "host code is without gaps")
            check(insn["provenance"] in ("native", "rewrite", "expand", "helper", "guard", "exit"), insn["provenance"])
            check(insn["why"] and insn["text"] and insn["guest"] < len(block["guest"]), str(insn))
            offset += len(insn["bytes"]) // 2


def flat_binary(folder):
    path = pathlib.Path(folder) / "code.bin"
    code = bytes.fromhex("fa 8b 03 50 9d 0f 01 10 f4 90 c3".replace(" ", ""))
    path.write_bytes(code)
    text = run("explain", str(path), "--base", "0x1000")
    check("sensitive: clears the virtual IF" in text, "CLI is explained")
    check("\x1b" not in text, "no colour in a pipe")
    check("\x1b" in run("explain", str(path), "--color", "always"), "colour on demand")
    environment = dict(os.environ, NO_COLOR="1")
    check("\x1b" not in run("explain", str(path), env=environment), "no colour with NO_COLOR")
    check("ring 3" in run("explain", str(path), "--cpl", "3"), "as a user program")
    check("real mode" in run("explain", str(path), "--bits", "16"), "16-bit code")
    part = run("explain", str(path), "--base", "0x1000", "--range", "0x1003-0x1003")
    check("push eax" in part and "cli" not in part, "a part of it")
    check_blocks(run("explain", str(path), "--base", "0x1000", "--format", "json"), code, 0x1000)
    check("interpreter" in run("explain", str(path), "--options", "native=off"), "with the translator's options")
    for wrong in (["--bits", "64"], ["--cpl", "4"], ["--range", "5"], ["--range", "0x90-0x91"], ["--base", "0xfffffffe"],
                  ["--base", "nowhere"], ["--options", "warp=on"], ["--format", "xml"]):
        check(run("explain", str(path), *wrong, status=2).startswith("ringshift: "), f"{wrong} is refused with a message")
    run("explain", str(path) + ".absent", status=2)


def running_guest(folder):
    sector = assemble(folder, "count")
    arguments = ["run", sector, "--headless", "--quiet", "--engine", "bt", "--timeout", "3", "--explain", "0x7c12,2"]
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
    check("inc [" in done.stdout and done.stdout.count("block 0000") >= 2, "two blocks of the loop: " + done.stdout)
    done = subprocess.run([PROGRAM, *arguments, "--format", "json"], capture_output=True, text=True)
    check(len(json.loads(done.stdout)["blocks"]) == 2, "the same as JSON")
    done = subprocess.run([PROGRAM, *arguments[:5], "interp", *arguments[6:]], capture_output=True, text=True)
    check("translates nothing" in done.stderr, "the interpreter has nothing to explain: " + done.stderr)


def main():
    need("nasm")
    with scratch() as folder:
        flat_binary(folder)
        running_guest(folder)


main()
