#!/usr/bin/env python3
"""Runs the beginning of each benchmark of ../shared/bench in lockstep:

    bench_lockstep.py RINGSHIFT FOLDER [--instructions N] [--only NAME,...] [--engine lockstep:...]

FOLDER has the guest (it is built there if it is not). Linux is booted once, on the translator, to a loop that starts the benchmark
that it reads from its console, and saved there. Each benchmark then begins in a machine that is resumed from this snapshot: its
process is made, and it runs, under lockstep, for N instructions (20 million, and 10 million for what comes before it). Benchmarks that
prepare data first are brought to the end of that on the translator. Status 1: the engines differ somewhere, or a benchmark did not
begin; 77: the guest is not there."""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_guest

BEFORE = 10_000_000
PREPARED = re.compile("chase|tlb|memcpysse")  # these print a mark when their data are ready
LOOP = "#!/bin/sh\n/bench list\necho @@READY\nwhile read -r name; do /bench $name 1; done\n"


def archive_of(name, text):
    """A cpio archive (newc) with one file, for the kernel to unpack after the guest's own."""
    def member(name, mode, data):
        fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    archive = member(name, 0o100755, text.encode()) + member("TRAILER!!!", 0, b"")
    return archive + bytes(-len(archive) % 512)


def ringshift(*arguments):
    return subprocess.run([options.ringshift, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")


def must(done, what):
    if done.returncode != 0:
        sys.exit(f"{what}: status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr}")


def run(name, base, folder):
    """An error message, or None."""
    start = ["--serial", "stdio", "--send", f"{name}\\n"]
    if PREPARED.match(name):
        prepared = folder / "prepared"
        must(ringshift("resume", "--headless", "--timeout", 300, *start, "--expect", "@@S", "--save", prepared, base), f"preparing {name}")
        base, start = prepared, []
    done = ringshift("resume", "--headless", "--engine", options.engine, "--stats", "--timeout", 600, *start, "--serial", "stdio",
                     "--stop-after", options.instructions + BEFORE, base)
    if done.returncode != 0:
        return f"status {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-12000:]}"
    if start and f"@@B {name}" not in done.stdout:
        return f"it did not begin\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    compared = re.search(r"(\d+) comparisons", done.stderr)
    print(f"ok      {name}: {compared[1]} comparisons{', to its end' if '@@E' in done.stdout else ''}", flush=True)
    return None


def main():
    kernel, initrd = bench_guest.build(options.folder, "vmlinuz-pae", "bench.cpio")
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ours, base = folder / "initrd", folder / "base"
        content = initrd.read_bytes()
        ours.write_bytes(content + bytes(-len(content) % 512) + archive_of("run.sh", LOOP))
        booted = ringshift("run", "--headless", "--deterministic", "--serial", "stdio", "--memory-size", "256M", "--network", "none", "--kernel", kernel,
                           "--initrd", ours, "--append", "console=ttyS0", "--timeout", 300, "--expect", "@@READY", "--save", base)
        must(booted, "booting")
        names = re.findall(r"^(?:user|kern) (\w+)\r?$", booted.stdout, re.MULTILINE)
        if not names:
            sys.exit("the guest named no benchmark")
        names = [name for name in names if not options.only or name in options.only.split(",")]
        for name in names:
            wrong = run(name, base, folder)
            if wrong:
                failures += 1
                print(f"FAILED  {name}: {wrong}", flush=True)
    print(f"{len(names) - failures} of {len(names)} benchmarks agree over their first {options.instructions} instructions")
    return 1 if failures else 0


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("ringshift")
parser.add_argument("folder", type=Path)
parser.add_argument("--instructions", type=int, default=20_000_000)
parser.add_argument("--only", default="")
parser.add_argument("--engine", default="lockstep")
options = parser.parse_args()
sys.exit(main())
