; A fault while #DF is being delivered shuts the processor down
; mode: system
; manual: SDM vol. 3A, 6.15, interrupt 8
; output: T
; exit: shutdown
%include "system.inc"
start:
    mov al, 'T'
    out 0xE9, al
    lidt [.none]
    ud2
    mov al, 'X'
    out 0xE9, al
.none: dw 0
    dd 0
