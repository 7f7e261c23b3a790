#!/usr/bin/env python3
"""Boots whole operating systems.

    boots.py RINGSHIFT NAME              runs one boot; status 77: its images are not there
    boots.py RESUMED_RUN "resumed: NAME" runs one with resumed_run.cpp, straight and saved and restored on the way
    boots.py --list                      one line a boot: label and name, for CMake

A boot is a command line of Ringshift whose script (--expect, --type, --send) must come to its end. They run in
deterministic mode, so that a failure can be repeated; --stats in the output says how many instructions it took. All run on
the translator; one that names other engines runs on each, and must take the same number of instructions and end in the same
state.
"""
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache"
SKIPPED = 77
POWER_OFF = ["--send", "poweroff -f\\n"]
BOTH = ("bt", "interp")
# Commands of the tour, the last of which switches it off.
TOUR = ["--expect", "tour> "]
for command in ("help", "rings", "selfmod", "ps", "ticks", "ports", "cpuid", "mem", "bench", "fault ud", "fault gp", "fault page", "fault div", "echo end"):
    TOUR += ["--type", command + "\\n", "--expect", "tour> $"]
TOUR += ["--type", "poweroff\\n"]


@dataclass
class Boot:
    arguments: list
    images: list = None  # in guests/cache; in the arguments {0} is the first of them
    label: str = "boot"  # or slow
    status: int = 0
    timeout: int = 240  # seconds of the host's time
    engines: tuple = ("bt",)  # that it runs on, one after the other


def kernel(flavour, *more, label="boot", append="console=ttyS0 cryptomgr.notests", memory="128M", cpu="max", end=POWER_OFF, status=0, timeout=240, engines=("bt",)):
    """linux-mini, loaded as a kernel: it must find its way to the shell, count, and switch itself off. (Without cryptomgr.notests
    the kernel first tests its ciphers for 4,000 million instructions.)"""
    return Boot(
        ["--memory-size", memory, "--cpu", cpu, "--kernel", "{0}", "--initrd", "{1}", "--append", append, *more,
         "--expect", "@@BOOTED", "--expect", "mini#", "--send", "echo $((6 * 7))-$(uname -m)\\n", "--expect", "^42-i[3-6]86",
         *end],
        [f"linux-mini/vmlinuz-{flavour}", f"linux-mini/initrd-{flavour}.gz"], label, status, timeout, engines)


def medium(option, file, *more, label="slow"):
    """linux-mini by way of SeaBIOS and GRUB, whose menu is on the screen; the shell there has the keyboard."""
    return Boot(
        ["--memory-size", "128M", "--snapshot", option, "{0}", *more, "--expect", "GNU GRUB", "--expect", "@@BOOTED.*disks:.*s[dr]",
         "--expect", "mini#", "--type", "echo $((6 * 7))-screen\\n", "--expect", "^42-screen", "--type", "poweroff -f\\n"],
        [f"linux-mini/{file}"], label)


def installer(append, label):
    return Boot(
        ["--memory-size", "512M", "--kernel", "{0}", "--initrd", "{1}", "--append", append, "--expect", "Select a language"],
        ["debian/installer-linux", "debian/installer-initrd.gz"], label, timeout=600)


def rescue(option, file, drive, label="boot"):
    """GRUB's rescue media: the menu is on the screen, and its command line answers the keyboard."""
    return Boot(
        ["--memory-size", "16M", option, "{0}", "--expect", "GNU GRUB +version 2", "--expect", "automatically in", "--type", "c",
         "--expect", "^grub>", "--type", "ls\\n", "--expect", f"\\({drive}\\)"],
        [f"debian/{file}"], label)


BOOTS = {
    "linux-mini 686-pae": kernel("686-pae", engines=BOTH, timeout=600),
    "the tour on both engines": Boot(["--memory-size", "16M", *TOUR], engines=BOTH),
    "linux-mini 686": kernel("686", label="slow"),
    # Where flags are dead at its entry, a block that the budget does not cover leaves with other flags than the interpreter.
    "linux-mini 686-pae in lockstep": kernel("686-pae", engines=("lockstep:bt",), timeout=600),
    "linux-mini 686-pae on interp in lockstep": kernel("686-pae", engines=("lockstep:interp",), label="slow", timeout=600),
    "linux-mini 686-pae on a Pentium III": kernel("686-pae", label="slow", cpu="pentium3"),
    "linux-mini 686-pae on a Pentium 4": kernel("686-pae", label="slow", cpu="pentium4"),
    # Nothing can switch such a machine off; the keyboard controller resets it.
    "linux-mini 686 without APIC and ACPI": kernel("686", "--no-reboot", label="slow", memory="64M", end=["--send", "reboot -f\\n"], status=6,
                                                  append="console=ttyS0 cryptomgr.notests noapic nolapic acpi=off reboot=k"),
    **{f"linux-mini 686-pae in {size} of cache by {policy}":
       kernel("686-pae", "--cache-size", size, "--cache-policy", policy, label="slow", timeout=600)
       for size in ("256K", "64K") for policy in ("flush", "fifo:8", "ring")},
    "linux-mini from disk": medium("--disk", "disk.img"),
    "linux-mini from CD": medium("--cdrom", "linux-mini.iso"),
    "memtest86+": Boot(["--memory-size", "32M", "--cdrom", "{0}", "--expect", "Memtest86\\+", "--expect", "Test #[1-9]"],
                       ["debian/memtest86+.iso"]),
    "GRUB rescue CD": rescue("--cdrom", "grub-rescue-cdrom.iso", "cd"),
    "GRUB rescue floppy": rescue("--floppy", "grub-rescue-floppy.img", "fd0"),
    "Debian installer on the screen": installer("vga=normal fb=false nomodeset", "slow"),
    "Debian installer on the serial port": installer("console=ttyS0", "slow"),
}
# Every guest is also saved and restored on its way: the label of that test, and the engines of the restored machines in turn.
RESUMED = {
    "the tour on both engines": ("boot", BOTH),
    "GRUB rescue floppy": ("boot", BOTH),
    "linux-mini 686-pae": ("boot", ("bt",)),
    **{name: ("slow", ("bt",)) for name in (
        "linux-mini 686", "linux-mini 686 without APIC and ACPI", "linux-mini 686-pae on a Pentium III", "linux-mini from disk", "linux-mini from CD",
        "memtest86+", "GRUB rescue CD", "Debian installer on the screen", "Debian installer on the serial port")},
}


def run(ringshift, name):
    resumed = name.startswith("resumed: ")
    name = name.removeprefix("resumed: ")
    boot = BOOTS[name]
    images = [CACHE / image for image in boot.images or []]
    for image in images:
        if not image.exists():
            print(f"{image} is missing: guests/README.md says how to make it")
            return SKIPPED
    arguments = [argument.format(*images) if argument in ("{0}", "{1}") else argument for argument in boot.arguments]
    if resumed:
        return subprocess.run([ringshift, "--engines", ",".join(RESUMED[name][1]), "run", *arguments], stdin=subprocess.DEVNULL).returncode
    ends = {}  # what is to be equal on all engines, and who had it
    for engine in boot.engines:
        command = [ringshift, "run", "--headless", "--deterministic", "--engine", engine, "--stats", "--print-state-hash",
                   "--serial", "stdio", "--timeout", str(boot.timeout)]
        done = subprocess.run(command + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if done.returncode != boot.status:
            print(output[-6000:])
            print(f"\n{engine}: status {done.returncode} instead of {boot.status}\n{errors}")
            return 1
        print(f"{engine}: {errors}")
        instructions = re.search(r"(\d+) instructions", errors)
        state = re.search(r"state hash ([0-9a-f]{16})", output)
        assert instructions and state, "no number of instructions or no hash"
        ends.setdefault((instructions[1], state[1]), []).append(engine)
    for (instructions, state), engines in ends.items():
        print(f"{instructions} instructions to state {state} on {', '.join(engines)}")
    return 0 if len(ends) == 1 else 1


def main():
    if sys.argv[1:] == ["--list"]:
        for name, boot in BOOTS.items():
            print(f"{boot.label}|{name}")
        for name, (label, _) in RESUMED.items():
            print(f"{label}|resumed: {name}")
        return 0
    if len(sys.argv) != 3 or sys.argv[2] not in [*BOOTS, *(f"resumed: {name}" for name in RESUMED)]:
        sys.exit(__doc__)
    return run(sys.argv[1], sys.argv[2])


sys.exit(main())
