#!/usr/bin/env python3
"""Boot sectors that do what no system does. The process must end by the guest's own exit, by --no-reboot or by its time-out,
never by a signal or an assertion."""
import subprocess
import sys
import tempfile
from pathlib import Path

from assemble import END, PROTECTED, assemble

RINGSHIFT = sys.argv[1]
POWER_OFF, TRIPLE_FAULT, RESET, TIMEOUT, ENDED = 0, 4, 6, 124, 43

# A generator of pseudo-random numbers in ESI; the next is in EAX.
RANDOM = "mov esi, 0x12345678\njmp start\nrandom: imul esi, esi, 1664525\nadd esi, 1013904223\nmov eax, esi\nshr eax, 11\nret\nstart:\n"

GUESTS = {
    "triple fault in protected mode": (PROTECTED + "lidt [none]\nint3\nnone: dw 0\ndd 0", {TRIPLE_FAULT}),
    "triple fault by a stack without end": (PROTECTED + "mov esp, 0xFFFFFFF0\nlidt [none]\npush eax\nud2\nnone: dw 0xFFFF\ndd 0xF0000000",
                                            {TRIPLE_FAULT}),
    "jump into the local APIC": (PROTECTED + "lidt [none]\nmov eax, 0xFEE00000\njmp eax\nnone: dw 0\ndd 0", {TRIPLE_FAULT, TIMEOUT}),
    "jump into the IO-APIC": (PROTECTED + "lidt [none]\nmov eax, 0xFEC00000\njmp eax\nnone: dw 0\ndd 0", {TRIPLE_FAULT, TIMEOUT}),
    "jump into video memory": (PROTECTED + "lidt [none]\nmov edi, 0xB8000\nmov ecx, 1000\nmov eax, 0x90909090\nrep stosd\nmov dword [0xB8F00], "
                               "0xF4E615B0\nmov byte [0xB8F02], 0xE6\nmov word [0xB8F03], 0xF4F4\nmov eax, 0xB8000\njmp eax\nnone: dw 0\ndd 0", {ENDED}),
    "jump into nothing": (PROTECTED + "lidt [none]\nmov eax, 0xD0000000\njmp eax\nnone: dw 0\ndd 0", {TRIPLE_FAULT, TIMEOUT}),
    "run and write ROM": (PROTECTED + "mov edi, 0xFFFF0000\nmov ecx, 0x4000\nmov eax, 0xCCCCCCCC\nmov ebx, [edi + 0xFFF0]\nrep stosd\n"
                          "cmp ebx, [0xFFFFFFF0]\njne bad\n" + END + "bad: jmp bad", {ENDED}),
    "jump to the reset vector": ("jmp 0xFFFF:0", {RESET, TIMEOUT}),
    "page tables that are their own pages": (
        PROTECTED + "lidt [none]\nmov edi, 0x10000\nmov ecx, 1024\nmov eax, 0x10067\nrep stosd\nmov eax, 0x10000\nmov cr3, eax\nmov eax, cr0\n"
        "or eax, 0x80010000\nmov cr0, eax\nmov dword [0x5000], 0xFFFFFFFF\nmov eax, [0xFFFFF000]\n" + END + "none: dw 0\ndd 0",
        {TRIPLE_FAULT, TIMEOUT, ENDED}),
    "page tables in registers and nowhere": (
        PROTECTED + "lidt [none]\nmov edi, 0x10000\nmov ecx, 1024\nmov eax, 0xFEE00067\nrep stosd\nmov dword [0x10000], 0xE7\n"
        "mov dword [0x10008], 0xD0000067\nmov dword [0x1000C], 0xFFFC0067\nmov eax, cr4\nor eax, 0x10\nmov cr4, eax\nmov eax, 0x10000\n"
        "mov cr3, eax\nmov eax, cr0\nor eax, 0x80010000\nmov cr0, eax\nmov eax, [0x00C00000]\nmov eax, [0x01000000]\nmov eax, [0x00800000]\n" + END +
        "none: dw 0\ndd 0", {TRIPLE_FAULT, TIMEOUT, ENDED}),
    "PAE with insane pointers": (
        PROTECTED + "lidt [none]\nmov edi, 0x10000\nmov ecx, 2048\nor eax, -1\nrep stosd\nmov eax, cr4\nor eax, 0x20\nmov cr4, eax\nmov eax, 0x10000\n"
        "mov cr3, eax\nmov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\n" + END + "none: dw 0\ndd 0", {TRIPLE_FAULT}),
    "garbage in all ports": (
        PROTECTED + RANDOM + "mov ebp, 300000\nagain: call random\nmov edx, eax\nand edx, 0xFFFF\ncmp dx, 0xF4\nje skip\ncmp dx, 0xCF9\nje skip\n"
        "cmp dx, 0x92\nje skip\ncmp dx, 0x64\nje skip\ntest edx, 0xF000\njz use\nand edx, 0x07FF\nuse: call random\ncmp dx, 0xF4\nje skip\n"
        "test eax, 0x40\njz input\nout dx, al\ntest eax, 0x80\njz skip\nout dx, ax\njmp skip\ninput: in al, dx\nin eax, dx\n"
        "skip: dec ebp\njnz again\n" + END, {POWER_OFF, TRIPLE_FAULT, RESET, TIMEOUT, ENDED}),
    "garbage in the registers in memory": (
        PROTECTED + RANDOM + "mov ebp, 300000\nagain: call random\nmov edi, eax\nand edi, 0xFFC\ntest eax, 0x100000\njz io\nadd edi, 0xFEE00000\n"
        "jmp use\nio: add edi, 0xFEC00000\nuse: call random\nmov [edi], eax\nmov eax, [edi]\nmov al, [edi + 1]\nmov ax, [edi + 3]\ndec ebp\njnz again\n" +
        END, {TRIPLE_FAULT, TIMEOUT, ENDED}),
    "garbage in PCI configuration": (
        PROTECTED + RANDOM + "mov ebp, 200000\nagain: call random\nand eax, 0x1FFC\nor eax, 0x80000000\nmov dx, 0xCF8\nout dx, eax\ncall random\n"
        "mov dx, 0xCFC\nout dx, eax\nin eax, dx\ndec ebp\njnz again\n" + END, {ENDED, TIMEOUT, TRIPLE_FAULT}),
    "DMA to nowhere by the disk controller": (
        "mov eax, 0x80000920\nmov dx, 0xCF8\nout dx, eax\nmov dx, 0xCFC\nin eax, dx\nand al, 0xF0\nmov bp, ax\nmov dword [0x600], 0xFFFFFFFE\n"
        "mov dword [0x604], 0x8000FFFF\nlea dx, [bp + 4]\nmov eax, 0x600\nout dx, eax\nmov dx, 0x1F6\nmov al, 0xE0\nout dx, al\nmov dx, 0x1F2\n"
        "mov al, 0\nout dx, al\nmov dx, 0x1F7\nmov al, 0xC8\nout dx, al\nmov dx, bp\nmov al, 9\nout dx, al\nmov ecx, 1000000\nwait1: loop wait1\n" + END,
        {ENDED}),
    "interrupts that never end": ("cli\nmov word [32], handler\nmov word [34], 0\nsti\nmov al, 0\nout 0x40, al\nmov al, 0\nout 0x40, al\nwait1: hlt\njmp wait1\n"
                                  "handler: sti\nint 8\niret", {TIMEOUT, TRIPLE_FAULT}),
    "halted for ever": ("cli\nhlt", {TIMEOUT}),
}


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        disk = folder / "disk.img"
        disk.write_bytes(bytes(4 << 20))
        for number, (name, (source, statuses)) in enumerate(GUESTS.items()):
            image = assemble(folder, f"guest{number}", source)
            done = subprocess.run([RINGSHIFT, "run", "--headless", "--deterministic", "--no-reboot", "--stats", "--memory-size", "16M", "--timeout", "3",
                                   "--disk", disk, "--boot", "a", "--quiet", image], capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
            good = done.returncode in statuses and b"assert" not in done.stderr.lower()
            failures += not good
            print(f"{'ok     ' if good else 'FAILED '} {name}: status {done.returncode}\n{'' if good else done.stderr.decode()}", end="", flush=True)
    return 1 if failures else 0


sys.exit(main())
