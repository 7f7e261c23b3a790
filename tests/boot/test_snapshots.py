#!/usr/bin/env python3
"""Saved machines go on as if nothing had happened: the run that was saved and resumed ends with the same state hash as the straight
one, in deterministic mode. Also what reaches the images on the host, and when."""
import hashlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assemble import END, PROTECTED, assemble

RINGSHIFT = sys.argv[1]
COMMON = ["--headless", "--quiet", "--print-state-hash", "--timeout", "60"]
failures = 0


def ringshift(*arguments, status=0):
    done = subprocess.run([RINGSHIFT, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == status, f"status {done.returncode}: {done.stderr.decode(errors='replace')}"
    found = re.search(rb"state hash ([0-9a-f]{16})", done.stdout)
    return found and found[1]


def test(function):
    global failures
    with tempfile.TemporaryDirectory() as folder:
        try:
            function(Path(folder))
            print(f"ok      {function.__name__.replace('_', ' ')}", flush=True)
        except AssertionError as error:
            failures += 1
            print(f"FAILED  {function.__name__.replace('_', ' ')}: {error}", flush=True)


def same(folder, machine, waits):
    """Straight through all of `waits`, against a save and a resume at each but the last."""
    steps = [["--expect", wait] for wait in waits]
    straight = ringshift("run", *COMMON, "--deterministic", *machine, *sum(steps, []))
    again = ringshift("run", *COMMON, "--deterministic", *machine, *sum(steps, []))
    assert straight == again, "two equal runs differ"
    saved = folder / "saved"
    last = ringshift("run", *COMMON, "--deterministic", *machine, *steps[0], "--save", saved)
    for number, step in enumerate(steps[1:]):
        now = folder / f"saved{number}"
        last = ringshift("resume", *COMMON, *step, "--save", now, saved)
        saved = now
    assert last == straight, f"the resumed run ends with {last}, the straight one with {straight}"


def writes(marks, body, rest=""):
    """A guest that runs `body` for ever and every 2**20 rounds writes the next of `marks` letters to the screen's first cell."""
    return PROTECTED + f"mov byte [0xB8000], 'A'\nagain:\n{body}\ninc dword [0x600]\ntest dword [0x600], {marks - 1}\njnz again\ninc byte [0xB8000]\njmp again\n{rest}"


def the_tour(folder):
    same(folder, ["--memory-size", "16M"], ["GNU|SeaBIOS|tour> ", "tour> "])


def in_REP_instructions(folder):
    image = assemble(folder, "rep", writes(1, "mov edi, 0x200000\nmov ecx, 3000001\ninc eax\nrep stosb\nmov esi, 0x200000\nmov edi, 0x500001\n"
                                              "mov ecx, 700003\nrep movsd\n"))
    same(folder, ["--memory-size", "16M", image], ["^C", "^D", "^F", "^G"])


def in_interrupt_shadows(folder):
    for padding in range(5):  # a moment that falls on another instruction of the loop in each round
        body = "sti\n" + "nop\n" * padding + "cli\nmov ax, 0\nmov ss, ax\nmov sp, 0x7C00\nadd dword [0x600], 1\ntest dword [0x600], 0x3FFFF\njnz again\ninc byte [es:0]\njmp again"
        image = assemble(folder, f"shadow{padding}", "mov ax, 0xB800\nmov es, ax\nmov byte [es:0], 'A'\nagain:\n" + body)
        same(folder, ["--memory-size", "16M", image], ["^C", "^D", "^F"])


DISK_DMA = """
cli
mov ax, 0xB800
mov es, ax
mov byte [es:0], 'A'
mov eax, 0x80000904
mov dx, 0xCF8
out dx, eax
mov dx, 0xCFC
mov ax, 5
out dx, ax
mov eax, 0x80000920
mov dx, 0xCF8
out dx, eax
mov dx, 0xCFC
in eax, dx
and al, 0xF0
mov bp, ax
mov dword [0x600], 0x10000
mov dword [0x604], 0x80000000
again:
lea dx, [bp + 4]
mov eax, 0x600
out dx, eax
lea dx, [bp + 2]
mov al, 6
out dx, al
mov dx, 0x1F6
mov al, 0xE0
out dx, al
mov dx, 0x1F2
mov al, 128
out dx, al
mov dx, 0x1F7
mov al, 0xC8
out dx, al
mov dx, bp
mov al, 9
out dx, al
lea dx, [bp + 2]
busy: in al, dx
test al, 4
jz busy
mov dx, bp
mov al, 0
out dx, al
mov dx, 0x1F7
in al, dx
inc dword [0x610]
test dword [0x610], 7
jnz again
inc byte [es:0]
jmp again
"""


def in_disk_DMA(folder):
    disk = folder / "disk.img"
    disk.write_bytes(bytes(range(256)) * 4096)
    image = assemble(folder, "dma", DISK_DMA)
    same(folder, ["--memory-size", "16M", "--snapshot", "--disk", disk, "--boot", "a", image], ["^B", "^C", "^D"])


def in_floppy_DMA(folder):
    # INT 13h reads tracks all the time: the controller moves bytes by DMA while the BIOS waits.
    image = assemble(folder, "floppy", "mov ax, 0xB800\nmov fs, ax\nmov byte [fs:0], 'A'\nagain: mov ax, 0x0210\nmov bx, 0x8000\nmov cx, 0x0101\n"
                                       "mov dx, 0\nint 0x13\njc again\ninc byte [fs:0]\njmp again")
    same(folder, ["--memory-size", "16M", image], ["^B", "^C", "^D"])


WRITE_DISK = "mov ax, 0x0301\nmov bx, 0x7C00\nmov cx, 0x0003\nmov dx, 0x0080\nint 0x13\njc bad\n"
SECTOR_3 = slice(2 * 512, 3 * 512)


def an_image_that_is_only_read(folder):
    disk = folder / "disk.img"
    disk.write_bytes(bytes(1 << 20))
    image = assemble(folder, "write", WRITE_DISK + END + "bad: jmp bad")
    before = hashlib.sha256(disk.read_bytes()).digest()
    ringshift("run", *COMMON, "--snapshot", "--disk", disk, "--boot", "a", image, status=43)
    assert hashlib.sha256(disk.read_bytes()).digest() == before, "the image was written to"
    ringshift("run", *COMMON, "--disk", disk, "--boot", "a", image, status=43)
    assert disk.read_bytes()[SECTOR_3] == image.read_bytes()[:512], "the sector is not in the file"


def kill_after_a_flush(folder):
    disk = folder / "disk.img"
    disk.write_bytes(bytes(1 << 20))
    image = assemble(folder, "write", WRITE_DISK + "mov dx, 0x1F7\nmov al, 0xE7\nout dx, al\nwait1: in al, dx\ntest al, 0x80\njnz wait1\n"
                                                   "mov al, '!'\nout 0xE9, al\nbad: jmp bad")
    console = folder / "console"
    with subprocess.Popen([RINGSHIFT, "run", *COMMON, "--disk", disk, "--boot", "a", "--debugcon", console, image], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not (console.exists() and console.read_bytes().endswith(b"!")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    assert disk.read_bytes()[SECTOR_3] == image.read_bytes()[:512], "the sector is not in the file"


def SIGTERM_flushes_and_ends(folder):
    disk = folder / "disk.img"
    disk.write_bytes(bytes(1 << 20))
    image = assemble(folder, "write", WRITE_DISK + "mov al, '!'\nout 0xE9, al\nbad: jmp bad")
    console = folder / "console"
    with subprocess.Popen([RINGSHIFT, "run", *COMMON, "--disk", disk, "--boot", "a", "--debugcon", console, image], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not (console.exists() and console.read_bytes().endswith(b"!")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        status = process.wait(10)
    assert status == 143, f"status {status}"
    assert disk.read_bytes()[SECTOR_3] == image.read_bytes()[:512], "the sector is not in the file"


def a_full_host(folder):
    """A sparse image whose file the host does not let grow: the machine says so and ends with its own status."""
    disk = folder / "disk.img"
    with open(disk, "wb") as file:
        file.truncate(200 << 20)
    image = assemble(folder, "write", "mov ah, 0x43\nmov al, 0\nmov dl, 0x80\nmov si, packet\nint 0x13\njc bad\n" + END +
                     "bad: jmp bad\npacket: db 16, 0\ndw 1, 0x7C00, 0\ndq 300000")  # 146 MiB

    def limit():  # files in memory count as well: RAM and video memory stay below
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))

    done = subprocess.run([RINGSHIFT, "run", "--headless", "--memory-size", "16M", "--disk", disk, "--boot", "a", "--timeout", "20", image],
                          capture_output=True, stdin=subprocess.DEVNULL, preexec_fn=limit)
    assert done.returncode == 8 and b"disk.img" in done.stderr, f"status {done.returncode}: {done.stderr.decode(errors='replace')}"


for function in (the_tour, in_REP_instructions, in_interrupt_shadows, in_disk_DMA, in_floppy_DMA, an_image_that_is_only_read, kill_after_a_flush,
                 SIGTERM_flushes_and_ends, a_full_host):
    test(function)
sys.exit(1 if failures else 0)
