; A relative jump past FFFF goes on at the beginning, one below zero at the end; CALL pushes 16 bits
; manual: SDM vol. 2A, JMP; vol. 2A, CALL
; mode: 16
; expect: eax=0 ebx=64
%include "user16.inc"
    jmp short start
forth:
    inc bx
    ret
start:
    mov byte [0xFFF0], 0xE8             ; CALL forth, 16-bit displacement that wraps
    mov word [0xFFF1], forth - 0xFFF3
    mov byte [0xFFF3], 0xE9             ; JMP back
    mov word [0xFFF4], back - 0xFFF6
    xor ebx, ebx
    mov cx, 100
again:
    jmp 0xFFF0
back:
    loop again
    passed
