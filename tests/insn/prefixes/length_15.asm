; Instructions of exactly 15 bytes run, in loops too: prefixes, SIB, displacement and immediate of full size
; manual: SDM vol. 2A, 2.3.11
; expect: eax=0 ecx=0 edx=64
%include "user.inc"
    mov ebx, data
    mov ecx, 100
    xor edx, edx
    mov esi, 0
.loop:
    db 0x3E, 0x3E, 0x3E, 0x3E, 0x81, 0x84, 0x33
    dd 0
    dd 0x01010101                       ; ADD DWORD [DS:EBX+ESI+0], 01010101: 15 bytes
    db 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x42 ; INC EDX
    loop .loop
    cmp dword [data], 0x64646464
    jne .bad
    passed
.bad:
    mov eax, 1
    hlt
