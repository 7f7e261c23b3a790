#!/usr/bin/env python3
"""test_bench_guest.py RINGSHIFT FOLDER: both kernels of the benchmark's guest boot to the end of its script and switch the machine off;
--expect ends it earlier, with status 0. Status 77: the guest's builder is not there or could not build it."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILDER = ROOT.parent / "shared" / "bench" / "mkguest.sh"
ringshift, folder = sys.argv[1], Path(sys.argv[2])
if not BUILDER.exists():
    print(f"{BUILDER} is not there")
    sys.exit(77)
kernels = [folder / "vmlinuz-686", folder / "vmlinuz-pae"]
initrd = folder / "boot.cpio.gz"
if not all(file.exists() for file in [*kernels, initrd]):
    folder.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(["sh", BUILDER, folder], capture_output=True)
    if not all(file.exists() for file in [*kernels, initrd]):
        print(built.stderr.decode(errors="replace")[-2000:])
        sys.exit(77)


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
