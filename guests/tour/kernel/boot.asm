; The first instruction. A Multiboot 1 loader (ours, QEMU's -kernel, GRUB) finds the header below in the first 8 KiB of the
; file, loads the ELF segments and jumps to _start in 32-bit protected mode: paging off, A20 on, interrupts off,
; EAX = 2BADB002h, EBX = address of the Multiboot information. Nothing else may be relied on: not even the loader's GDT.

bits 32

MULTIBOOT_MAGIC  equ 0x1BADB002
MULTIBOOT_FLAGS  equ 1 | 2              ; page-aligned modules; memory information wanted

section .multiboot align=4
        dd MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

section .bss align=4096
        resb 8192
boot_stack_end:

section .text
global _start
extern kernel_main
_start: cli
        cld
        mov esp, boot_stack_end
        push dword 0
        popf                            ; no stray TF, NT or AC
        push ebx
        push eax
        call kernel_main
.halt:  hlt
        jmp .halt

; The user program, a flat binary that each user task gets a copy of.
section .rodata
global user_program, user_program_end
        align 4
user_program:
        incbin USER_PROGRAM
user_program_end:
