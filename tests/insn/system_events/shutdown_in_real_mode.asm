; Real mode: a vector table too short for #GP and #DF: shutdown
; mode: system
; manual: SDM vol. 3A, 20.1.4 and 6.15, interrupt 8
; output: T
; exit: shutdown
%include "system.inc"
start:
    to_real DATA16
    mov al, 'T'
    out 0xE9, al
    lidt [.short]
    int 0x20
    mov al, 'X'
    out 0xE9, al
.short: dw 0x1F
    dd 0
bits 32
