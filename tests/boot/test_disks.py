#!/usr/bin/env python3
"""Disk images as a user has them: made, converted, booted, enlarged, locked. Status 77: linux-mini is not there.

    test_disks.py RINGSHIFT FOLDER
"""
import shutil
import subprocess
import sys
import time
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache" / "linux-mini"
RINGSHIFT, FOLDER = sys.argv[1], Path(sys.argv[2])


def ringshift(*arguments, status=0):
    done = subprocess.run([RINGSHIFT, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode(errors="replace")
    if done.returncode != status:
        sys.exit(f"{arguments}: status {done.returncode} instead of {status}\n{output[-4000:]}")
    return output


def boot(disk, *arguments, commands="echo up", status=0, more=()):
    return ringshift("run", disk, *more, "--headless", "--quiet", "--serial", "stdio", "--memory-size", "128M", "--timeout", "240", "--expect",
                     "mini#", "--send", f"{commands}; echo all''done\\n", "--expect", "alldone", *arguments, status=status)


def check(path):
    if shutil.which("qemu-img"):
        done = subprocess.run(["qemu-img", "check", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout.decode()
        print(f"qemu-img check {path.name}: good")


def main():
    image = CACHE / "disk.img"
    if not image.exists():
        print(f"{image} is missing: guests/README.md says how to make it")
        return 77
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    disk = FOLDER / "disk.qcow2"
    ringshift("disk", "convert", image, disk)
    assert disk.stat().st_size <= image.stat().st_size
    assert "64 MiB" in ringshift("disk", "info", disk)
    check(disk)
    write = "mkdir -p /mnt; mount -t ext2 /dev/sda1 /mnt; echo kept >/mnt/file; umount /mnt; sync"
    read = "mkdir -p /mnt; mount -t ext2 -o ro /dev/sda1 /mnt; cat /mnt/file"
    boot(disk, commands=write)
    check(disk)
    assert "\nkept" in boot(disk, commands=read).replace("\r", "")
    print("qcow2: boots from it, and keeps what the guest writes")

    clone = FOLDER / "clone.qcow2"
    ringshift("disk", "create", clone, "--backing", disk)
    boot(clone, commands=write.replace("kept", "other"))
    check(clone)
    assert "\nkept" in boot(disk, commands=read).replace("\r", "")
    assert "\nother" in boot(clone, commands=read).replace("\r", "")
    print("backing file: the copy changes, the original does not")

    if shutil.which("qemu-img"):
        for name, form in {"compressed": ["-O", "qcow2", "-c"], "old": ["-O", "qcow2", "-o", "compat=0.10"]}.items():
            subprocess.run(["qemu-img", "convert", "-f", "raw", *form, image, FOLDER / f"{name}.qcow2"], check=True)
            boot(FOLDER / f"{name}.qcow2", commands=write)
            check(FOLDER / f"{name}.qcow2")
            print(f"qemu-img's {form}: boots and is written")
        ringshift("disk", "convert", image, FOLDER / "disk.vmdk", "--format", "vmdk")
        ringshift("disk", "convert", FOLDER / "disk.vmdk", FOLDER / "back.raw")
        assert (FOLDER / "back.raw").read_bytes() == image.read_bytes()
        print("vmdk: there and back")

    ringshift("disk", "resize", disk, "1G")
    assert "1 GiB" in ringshift("disk", "info", disk)
    ringshift("disk", "resize", disk, "32M", status=2)
    ringshift("disk", "create", disk, "1G", status=2)
    check(disk)
    raw = FOLDER / "empty.img"
    ringshift("disk", "create", raw, "2G")
    assert raw.stat().st_size == 2 << 30 and raw.stat().st_blocks < 100
    print("resize and create")

    running = subprocess.Popen([RINGSHIFT, "run", str(disk), "--headless", "--quiet", "--serial", "none", "--timeout", "60"])
    try:
        time.sleep(2)
        assert running.poll() is None, "the first machine does not run"
        second = subprocess.run([RINGSHIFT, "run", str(disk), "--headless", "--timeout", "5"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert second.returncode == 2 and b"in use by another virtual machine" in second.stdout, second.stdout
        assert b"in use" in ringshift("disk", "resize", disk, "2G", status=2).encode()
        print("lock: " + second.stdout.decode().strip().splitlines()[-1])
    finally:
        running.terminate()
        running.wait()
    check(disk)
    return 0


sys.exit(main())
