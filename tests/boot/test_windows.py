#!/usr/bin/env python3
"""test_windows.py RINGSHIFT FOLDER: memory windows under the benchmark's guest. Ten boots in a row with 256 mappings; ten thousand
processes leave no mapping, window or block behind; --memory softtlb has no windows. Status 77: the guest cannot be had."""
import json
import subprocess
import sys
from pathlib import Path

import bench_guest

ringshift = sys.argv[1]
kernel, initrd = bench_guest.build(Path(sys.argv[2]), "vmlinuz-pae", "bench.cpio")
FORKS = 800  # of forkexit, for each unit of scale


def run(append, *more):
    done = subprocess.run([ringshift, "run", "--headless", "--quiet", "--serial", "stdio", "--stats", "json", "--stats-file", "/dev/stderr",
                           "--memory-size", "256M", "--timeout", "600", *more, "--kernel", kernel, "--initrd", initrd,
                           "--append", f"console=ttyS0 panic=1 {append}"], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0 or b"@@ALLDONE" not in done.stdout:
        sys.exit(f"{append} {more}: status {done.returncode}\n{done.stdout.decode(errors='replace')[-2000:]}\n{done.stderr.decode(errors='replace')}")
    text = done.stderr.decode()
    return json.loads(text[text.index("{"):])


def forks(scale):
    statistics = run(f"bsuite=kern bscale={scale} bonly=forkexit")
    if "windows" not in statistics:
        print("this host or build has no memory windows")
        sys.exit(77)
    return statistics


few, many = forks(1), forks(13)
print(f"{FORKS} processes: {few['windows']}\n{13 * FORKS}: {many['windows']}")
for what, allowed in (("windows", 8), ("pages", 100), ("mappings", 100)):
    assert many["windows"][what] <= few["windows"][what] + allowed, what
translated = [sum(s["ledger"]["causes"].values()) for s in (few, many)]
print(f"translations: {translated}")
assert translated[1] - translated[0] < 13 * FORKS, "blocks are translated again for each process"

for i in range(10):
    small = run("bsuite=none", "--translator", "mappings=256")["windows"]
    assert small["mappings"] <= 256, small
assert "windows" not in run("bsuite=none", "--memory", "softtlb")
print("ten boots with 256 mappings, one without windows")
