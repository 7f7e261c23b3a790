#!/usr/bin/env python3
"""test_bench_guest.py RINGSHIFT FOLDER: both kernels of the benchmark's guest boot to the end of its script and switch the machine off;
--expect ends it earlier, with status 0. Status 77: the guest's builder is not there or could not build it."""
import subprocess
import sys
from pathlib import Path

import bench_guest

ringshift = sys.argv[1]
*kernels, initrd = bench_guest.build(Path(sys.argv[2]), "vmlinuz-686", "vmlinuz-pae", "boot.cpio.gz")


def boot(kernel, *more):
    return subprocess.run([ringshift, "run", "--headless", "--serial", "stdio", "--stats", "--memory-size", "512M", "--kernel", kernel, "--initrd", initrd,
                           "--append", "console=ttyS0 bsuite=none", "--timeout", "240", *more], capture_output=True, stdin=subprocess.DEVNULL)


failures = 0
for kernel in kernels:
    for more, words in (([], [b"@@BOOTED", b"@@ALLDONE"]), (["--expect", "@@BOOTED"], [b"@@BOOTED"])):
        done = boot(kernel, *more)
        good = done.returncode == 0 and all(word in done.stdout for word in words)
        failures += not good
        print(f"{'ok     ' if good else 'FAILED '} {kernel.name} {' '.join(more)}: status {done.returncode}\n{done.stderr.decode(errors='replace')}")
        if not good:
            print(done.stdout.decode(errors="replace")[-3000:])
sys.exit(1 if failures else 0)
