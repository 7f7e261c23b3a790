; Unreal mode: in real mode, data segments keep the limit of protected mode through loads of DS, and 4 GiB are reached
; mode: system
; manual: SDM vol. 3A, 9.9.2 and 20.1.1
; output: PASS
%include "system.inc"
BIG equ 0x200000
start:
    mov dword [BIG + 0x1234], 0
    to_real DATA32
    mov ebx, BIG
    mov dword [ebx + 0x1234], 0xCAFEBABE
    real_equals [ebx + 0x1234], 0xCAFEBABE
    mov ax, 0x1000
    mov ds, ax                          ; another base, the same limit
    mov dword [ebx + 0x1234], 0x12345678 ; at 211234
    xor ax, ax
    mov ds, ax
    real_equals [dword BIG + 0x11234], 0x12345678
    real_equals [ebx + 0x1234], 0xCAFEBABE
    mov [es:ebx + 0x2000], ebx
    mov [fs:ebx + 0x2004], ebx
    mov [gs:ebx + 0x2008], ebx
    real_equals [ebx + 0x2008], BIG
    ; a loop with strings: 32-bit addresses
    mov esi, BIG + 0x1234
    mov edi, BIG + 0x300000
    mov ecx, 64
    a32 rep movsd
    real_equals [dword BIG + 0x300000], 0xCAFEBABE
    real_equals ecx, 0
    real_equals edi, BIG + 0x300100
    ; POP DS and LDS too
    push word 0x2000
    pop ds
    mov eax, [ebx + 0x1234 - 0x20000]
    real_equals eax, 0xCAFEBABE
    mov word [ss:SCRATCH], 0x10
    mov word [ss:SCRATCH + 2], 0x3000
    lds si, [ss:SCRATCH]
    mov eax, [ebx + 0x1234 - 0x30000]
    real_equals eax, 0xCAFEBABE
    ; SS came with a limit of 64 KiB
    mov ebp, 0x10000
    real_faults 12, mov eax, [ebp]
    xor ax, ax
    mov ds, ax
    ; through protected mode with 16-bit segments: as before
    to_protected
    to_real DATA16
    mov ebx, BIG
    real_faults 13, mov eax, [ebx]
    real_faults 13, mov eax, [0xFFFD]
    mov eax, [0xFFFC]
    real_faults 13, mov [es:ebx], al
    mov ax, 0x1000
    mov ds, ax
    real_faults 13, mov eax, [ebx]
    xor ax, ax
    mov ds, ax
    to_protected
    equals [BIG + 0x1234], 0xCAFEBABE
    finish
