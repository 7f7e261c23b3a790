#!/usr/bin/env python3
"""A machine of the library on a host that is poor: without memory, without disk space, with busy processors. It runs, or ends with a
message; what the guest was told to be on the disk is there, and the disk is sound. Status 77: linux-mini is not there.

    test_limits.py RINGSHIFT FOLDER
"""
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache" / "linux-mini"
KERNEL = [CACHE / "vmlinuz-686-pae", CACHE / "initrd-686-pae.gz"]
RINGSHIFT, FOLDER = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).absolute()
DISK = FOLDER / "ringshift/machines/poor/disk.qcow2"
MIB = 1 << 20
# Writes block after block, and says of each when it is on the disk.
WRITE = ("n={first}; while [ $n -lt {end} ]; do (echo block $n of {run}; head -c 65000 /dev/urandom) | "
         "dd of=/dev/sda bs=64k seek=$n count=1 iflag=fullblock conv=sync,fsync 2>/dev/null && echo on the disk: $n; n=$((n + 1)); done; echo all''done\\n")


def ringshift(*arguments):
    subprocess.run([RINGSHIFT, *map(str, arguments)], env=dict(os.environ, XDG_DATA_HOME=str(FOLDER)), check=True)


def guest(run, end, *arguments, limit=None, seconds=None):
    """Its status and what was said, after it wrote blocks (or, killed after `seconds` from its first one, some of them)."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    command = [RINGSHIFT, "start", "poor", "--headless", "--quiet", "--serial", "stdio", "--kernel", KERNEL[0], "--initrd", KERNEL[1],
               "--append", "console=ttyS0 cryptomgr.notests", "--timeout", "600", "--expect", "mini#",
               "--send", WRITE.format(first=1, end=end, run=run), "--expect", "alldone", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=prepare,
                               env=dict(os.environ, XDG_DATA_HOME=str(FOLDER)))
    output, killing = b"", None
    while data := process.stdout.read1(4096):
        output += data
        if seconds is not None and killing is None and b"on the disk: 1\r" in output:
            killing = time.monotonic() + seconds
        if killing and time.monotonic() > killing:
            process.kill()
    return process.wait(), output.decode(errors="replace").replace("\r", "")


def sound(run, output):
    """What the guest said to have written is there."""
    written = [int(n) for n in re.findall(r"^on the disk: (\d+)$", output, re.M)]
    checked = subprocess.run(["qemu-img", "check", DISK], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert checked.returncode in (0, 3), checked.stdout.decode()[-1000:]  # 3: clusters that are lost, nothing else
    raw = FOLDER / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", DISK, raw], check=True)
    with open(raw, "rb") as disk:
        for n in written:
            disk.seek(n << 16)
            assert disk.read(100).startswith(f"block {n} of {run}\n".encode()), f"block {n} of {run} is lost"
    return len(written)


def without_memory():
    ran = refused = 0
    for megabytes in [20, 30, 40, 60, 80, 100, 120, 150, 200, 250, 300, 320, 350, 400, 500, 900, *range(1000, 1200, 20), 2000]:
        run = f"{megabytes} MiB"
        status, output = guest(run, 6, limit=megabytes * MIB)
        last = output.strip().splitlines()[-1] if output.strip() else ""
        if status == 0:
            ran += 1
        else:
            refused += 1
            said = last.startswith("ringshift: ") or "error while loading shared libraries" in last
            assert status in (2, 8, 127) and said and "internal error" not in output, f"{run}: status {status}: {output[-1000:]}"
        sound(run, output)
        print(f"{run}: status {status}: {last[:120]}")
    assert ran and refused, "both ends of the scale"
    print(f"without memory: {refused} times a message, {ran} times a run")


def without_space():
    """In a file system of 6 MiB."""
    if subprocess.run(["unshare", "-rm", "true"], stderr=subprocess.DEVNULL).returncode:
        return print("without space: not tried, there are no user namespaces")
    small = FOLDER / "small"
    small.mkdir()
    shell = f"mount -t tmpfs -o size=6m tmpfs {small} && "

    def run(what, script):
        done = subprocess.run(["unshare", "-rm", "sh", "-c", shell + script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        return what, done.returncode, done.stdout.decode(errors="replace")

    def boot(arguments):
        return (f"{RINGSHIFT} run --headless --quiet --serial stdio --kernel {KERNEL[0]} --initrd {KERNEL[1]} --append "
                f"'console=ttyS0 cryptomgr.notests mini.net' --timeout 200 --expect 'mini#' {arguments}")
    writing = "--send 'dd if=/dev/urandom of=/dev/sda bs=64k count=200 conv=fsync; echo all\"\"done\\n' --expect alldone"
    what, status, output = run("qcow2", f"{RINGSHIFT} disk create {small}/d.qcow2 64M && {{ {boot(f'--disk {small}/d.qcow2 {writing}')}; "
                               f"s=$?; qemu-img check {small}/d.qcow2; [ $? -eq 0 -o $? -eq 3 ] || exit 99; exit $s; }}")
    assert status == 8 and "no space left" in output, f"{what}: {status}: {output[-1500:]}"
    what, status, output = run("snapshot", boot(f"--save {small}/s.snapshot") + f"; s=$?; ls -A {small}; exit $s")
    assert status == 2 and "No space left" in output and "tmp\n" not in output.splitlines()[-1], f"{what}: {status}: {output[-1500:]}"
    what, status, output = run("capture", boot(f"--pcap {small}/p.pcap --send 'ping -c 1 -s 60000 10.0.2.2; dd if=/dev/zero bs=64k count=200 | "
                               f"nc -w 5 10.0.2.2 9; echo all\"\"done\\n' --expect alldone"))
    assert status in (0, 2), f"{what}: {status}: {output[-1500:]}"
    print("without space: said")


def busy():
    """Six processes that never rest; the machine is switched off in the middle."""
    loops = [subprocess.Popen(["nice", "-n", "5", "sh", "-c", "while :; do :; done"]) for _ in range(6)]
    try:
        total = 0
        for seconds in (0, 1, 3):
            status, output = guest(f"busy {seconds}", 400, seconds=seconds)
            assert status == -9 or "alldone" in output, f"status {status}: {output[-1000:]}"
            total += sound(f"busy {seconds}", output)
        status, output = guest("busy, to the end", 40)
        assert status == 0 and sound("busy, to the end", output) == 39, output[-1000:]
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    print(f"busy: {total} blocks written before the power went, all there")


def main():
    if not all(image.exists() for image in KERNEL) or not shutil.which("qemu-img"):
        print(f"{KERNEL[0]} or qemu-img is missing: guests/README.md says how to make it")
        return 77
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    ringshift("create", "poor", "--os", "linux", "--memory-size", "64M", "--disk", "64M")
    without_memory()
    without_space()
    busy()
    return 0


sys.exit(main())
