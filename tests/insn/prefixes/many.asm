; Prefixes repeated and in any order: the last segment and the last of F2 and F3 count, others count once; useless ones change nothing
; manual: SDM vol. 2A, 2.1.1
; expect: eax=0
%include "user.inc"
%macro is 2
%assign check check + 1
    compare %1, %2
%endmacro
    mov eax, 0x11111111
    db 0x66, 0x66, 0xB8, 0x22, 0x22     ; MOV AX, 2222
    is eax, 0x11112222
    db 0x2E, 0x36, 0x3E, 0x66, 0x26, 0x66, 0x40 ; INC AX
    is eax, 0x11112223
    db 0x67, 0x67, 0x90
    db 0x66, 0x90
    db 0xF3, 0x90
    db 0xF2, 0x90
    db 0x67, 0x66, 0x89, 0xC3           ; MOV BX, AX
    is bx, 0x2223
    ; strings with REP in odd places
    mov dword [data], 0x44332211
    mov esi, data
    mov edi, data + 16
    mov ecx, 4
    db 0x3E, 0xF3, 0xA4                 ; DS REP MOVSB
    is dword [data + 16], 0x44332211
    mov esi, data
    mov edi, data + 32
    mov ecx, 2
    db 0xF3, 0x66, 0xA5                 ; REP MOVSW
    is dword [data + 32], 0x44332211
    mov esi, data
    mov edi, data + 48
    mov ecx, 2
    db 0x66, 0xF3, 0x3E, 0xA5
    is dword [data + 48], 0x44332211
    mov edi, data
    mov al, 0x33
    mov ecx, 10
    db 0xF3, 0xF2, 0xAE                 ; the last is REPNE: SCASB until 33h
    is ecx, 7
    mov edi, data
    mov al, 0x11
    mov ecx, 10
    db 0xF2, 0xF3, 0xAE                 ; REPE
    is ecx, 8
    mov edi, data
    mov ecx, 4
    db 0xF2, 0xAA                       ; REPNE STOSB is REP
    is ecx, 0
    is dword [data], 0x11111111
    ; on instructions that do not repeat
    mov ecx, 5
    mov eax, 7
    db 0xF3, 0x01, 0xC8                 ; ADD EAX, ECX
    is eax, 12
    is ecx, 5
    db 0xF2, 0x89, 0xC2                 ; MOV EDX, EAX
    is edx, 12
    db 0xF3, 0xEB, 0x01                 ; JMP SHORT
    hlt
    db 0xF2, 0x75, 0x01                 ; JNE: not taken
    nop
    db 0xF2, 0xE8                       ; CALL with BND
    dd 1
    hlt
    pop edx
    ; branch hints
    cmp eax, eax
    db 0x2E, 0x74, 0x01
    hlt
    db 0x3E, 0x75, 0x01
    nop
    ; BSWAP and others where 66 does not matter: SETcc, MOVZX of bytes
    stc
    db 0x66, 0x0F, 0x92, 0xC0           ; SETC AL
    is al, 1
    mov ecx, 0x12345678
    db 0x66, 0x0F, 0xB6, 0xC9           ; MOVZX CX, CL
    is ecx, 0x12340078
    ; 66 with immediates: lengths
    db 0x66, 0x69, 0xC1, 0x03, 0x00     ; IMUL AX, CX, 3
    is ax, 0x168
    db 0x66, 0x81, 0xC1, 0x88, 0x00     ; ADD CX, 88
    is ecx, 0x12340100
    db 0x66, 0x68, 0x34, 0x12           ; PUSH 1234
    db 0x66, 0x5A
    is dx, 0x1234
    db 0x66, 0x6A, 0xFF
    db 0x66, 0x5A
    is dx, 0xFFFF
    db 0x67, 0xE3, 0x02                 ; JCXZ: CX is 0100
    jmp short .go_on
    hlt
.go_on:
    passed
