"""Boot sectors for the tests, assembled by nasm."""
import subprocess


def assemble(folder, name, source):
    """`source` in a boot sector at 0000:7C00 with DS = ES = SS = 0 and the stack below it; the path of the image."""
    text = f"bits 16\norg 0x7C00\nxor ax, ax\nmov ds, ax\nmov es, ax\nmov ss, ax\nmov sp, 0x7C00\n{source}\ntimes 510 - ($ - $$) db 0\ndw 0xAA55\n"
    path = folder / f"{name}.bin"
    (folder / f"{name}.asm").write_text(text)
    subprocess.run(["nasm", "-f", "bin", "-o", path, folder / f"{name}.asm"], check=True)
    return path


# Flat 32-bit protected mode; interrupts stay off. What follows is 32-bit code.
PROTECTED = """
cli
in al, 0x92
or al, 2
out 0x92, al
lgdt [gdtr]
mov eax, cr0
or al, 1
mov cr0, eax
jmp 8:flat
gdt: dq 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF
gdtr: dw 23
dd gdt
bits 32
flat:
mov ax, 16
mov ds, ax
mov es, ax
mov ss, ax
"""
# What ends the machine with status 43 (21 * 2 + 1).
END = "mov al, 21\nout 0xF4, al\nhlt\n"
