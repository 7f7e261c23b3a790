; A null selector loaded in protected mode: a load in real mode makes the segment usable again
; mode: system
; manual: SDM vol. 3A, 9.9.2 and 20.1.1
; bochs: it keeps such a segment without a type, read-only
; output: PASS
%include "system.inc"
start:
    to_real DATA16
    ; a null selector loaded in protected mode: real mode reloads it usable
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp short .pe2
.pe2:
    xor dx, dx
    mov gs, dx
    and al, ~1
    mov cr0, eax
    jmp 0:.back2
.back2:
    mov dx, 0x500
    mov gs, dx
    mov word [gs:0], 0x1357
    movzx edx, word [0x5000]
    real_equals edx, 0x1357
    to_protected
    finish
