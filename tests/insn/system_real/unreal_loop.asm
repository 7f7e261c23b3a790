; Unreal mode kept over a switch to protected mode and back that does not load DS; 200 accesses above 1 MiB from real mode
; mode: system
; manual: SDM vol. 3A, 9.9.2
; output: PASS
%include "system.inc"
BIG equ 0x300000
start:
    to_real DATA32
    mov cx, 200
    mov ebx, BIG
    xor edx, edx
.loop:
    mov [ebx], cx
    movzx eax, word [ebx]
    add edx, eax
    add ebx, 0x1000
    dec cx
    jnz .loop
    real_equals edx, 20100
    real_equals ebx, BIG + 200 * 0x1000
    ; PE on and off without loading a segment: hidden parts stay
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp short .pe
.pe:
    mov edx, [dword BIG]
    and al, ~1
    mov cr0, eax
    jmp 0:.back
.back:
    movzx edx, dx
    real_equals edx, 200
    mov ebx, BIG
    movzx eax, word [ebx]
    real_equals eax, 200
    to_protected
    finish
