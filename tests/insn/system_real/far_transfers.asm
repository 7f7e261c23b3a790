; Real mode: far jumps, calls and returns of 16 and 32 bits, through memory, RETF n, LDS and LES, POP of segments; 100 rounds; what is beyond the limit
; mode: system
; manual: SDM vol. 2, CALL, JMP, RET, LDS; vol. 3A, 20.1
; output: PASS
%include "system.inc"
start:
    to_real DATA16
    jmp (0x0000):.here
.here:
    jmp 0x700:.there - 0x7000
.there:
    mov ax, cs
    movzx eax, ax
    real_equals eax, 0x700
    jmp 0:.flat
.flat:
    mov cx, 100
    xor bx, bx
    mov word [SCRATCH], .procedure - 0x6000
    mov word [SCRATCH + 2], 0x600
    mov dword [SCRATCH + 8], .procedure32
    mov word [SCRATCH + 12], 0
.loop:
    call 0x700:.procedure - 0x7000
    call far [SCRATCH]
    call dword far [SCRATCH + 8]
    call dword 0:.procedure32
    push word 1
    push word 2
    call 0:.procedure_pops
    push cs
    call .procedure                     ; near, returns far
    loop .loop
    movzx ebx, bx
    real_equals ebx, 600
    movzx eax, sp
    real_equals eax, STACK0 - 0
    ; the frames
    mov word [SCRATCH + 16], .frame
    mov word [SCRATCH + 18], 0
    call far [SCRATCH + 16]
.after:
    movzx eax, word [SCRATCH + 20]
    real_equals eax, .after
    movzx eax, word [SCRATCH + 22]
    real_equals eax, 0
    call dword 0:.frame32
.after32:
    real_equals [SCRATCH + 24], .after32
    ; pointers
    mov dword [SCRATCH + 32], 0x12345678
    mov word [SCRATCH + 36], 0x9ABC
    les di, [SCRATCH + 32]
    movzx eax, di
    real_equals eax, 0x5678
    mov ax, es
    movzx eax, ax
    real_equals eax, 0x1234
    les edi, [SCRATCH + 32]
    real_equals edi, 0x12345678
    mov ax, es
    movzx eax, ax
    real_equals eax, 0x9ABC
    lfs si, [SCRATCH + 32]
    lgs esi, [SCRATCH + 32]
    mov ax, gs
    mov bx, fs
    shl eax, 16
    mov ax, bx
    real_equals eax, 0x9ABC1234
    ; PUSH and POP of segment registers: with o32 the slot has four bytes
    mov bp, sp
    push dword 0x11111111
    pop eax
    o32 push fs
    sub bp, sp
    movzx eax, bp
    real_equals eax, 4
    pop ax
    movzx eax, ax
    real_equals eax, 0x1234
    pop ax
    push word 0x4321
    pop es
    mov ax, es
    movzx eax, ax
    real_equals eax, 0x4321
    xor ax, ax
    mov es, ax
    ; faults: a target beyond FFFF
    mov dword [SCRATCH + 8], 0x10000
    real_faults 13, {jmp dword far [SCRATCH + 8]}
    real_faults 13, {call dword far [SCRATCH + 8]}
    real_faults 6, {db 0xFF, 0xE8}      ; JMP FAR with a register
    real_faults 6, {db 0xFF, 0xD8}
    real_faults 6, {db 0xC5, 0xC0}      ; LDS AX, AX
    push word 0x1
    push dword 0x10000
    mov bp, sp
    real_faults 13, {o32 retf}
    sub bp, sp
    movzx eax, bp
    real_equals eax, 0
    add sp, 6
    to_protected
    finish
bits 16
.procedure:
    inc bx
    retf
.procedure32:
    inc bx
    o32 retf
.procedure_pops:
    inc bx
    retf 4
.frame:
    mov bp, sp
    mov eax, [bp]
    mov [SCRATCH + 20], eax
    retf
.frame32:
    mov bp, sp
    mov eax, [bp]
    mov [SCRATCH + 24], eax
    o32 retf
bits 32
