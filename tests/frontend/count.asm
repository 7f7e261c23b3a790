; A boot sector for the gdb test: counts at CS base 7000h with interrupts on, so that the timer comes in between.
bits 16
org 0x0C00
        jmp 0x700:start                 ; linear 7C05
start:  mov ax, 0x700
        mov ds, ax
        xor ax, ax
        mov ss, ax
        mov sp, 0x7C00
        sti
count:  inc dword [number]
        add word [other], 3
        mov ax, [fixed]
        jmp count
        align 16
number: dd 0
other:  dw 0
fixed:  dw 77
        times 510 - ($ - $$) db 0
        dw 0xAA55
