; Stores beside running code, into the next instruction, by REP MOVS over a procedure, by a push onto code; code in a stack page; in real mode too
; mode: system
; manual: SDM vol. 3A, 8.1.3 and 11.6
; output: PASS
%include "system.inc"
start:
    ; a counter in the same line as the loop: 1000 rounds
    mov ecx, 1000
    jmp .loop
align 4
.counter: dd 0
.loop:
    inc dword [.counter]
    loop .loop
    equals [.counter], 1000
    ; the next instruction's immediate
    mov ecx, 100
    xor ebx, ebx
.next:
    mov [.patched + 1], ecx
    jmp short .patched
.patched:
    mov eax, 0
    add ebx, eax
    loop .next
    equals ebx, 5050
    mov ecx, 100
    xor ebx, ebx
.next2:
    mov [.patched2 + 2], cl
.patched2:
    add ebx, byte 0                     ; changed by the instruction just before
    loop .next2
    equals ebx, 5050
    ; a procedure that REP MOVSB exchanges
    mov ebp, 50
    xor ebx, ebx
.exchange:
    mov esi, .one
    mov edi, .procedure
    mov ecx, 8
    rep movsb
    call .procedure
    mov esi, .thousand
    mov edi, .procedure
    mov ecx, 8
    rep movsb
    call .procedure
    dec ebp
    jnz .exchange
    equals ebx, 50 * 1001
    ; code on the stack, written by pushes
    mov ecx, 100
    xor ebx, ebx
.on_stack:
    push dword 0xC3C3C3C3               ; RET
    mov eax, ecx
    shl eax, 16
    mov ax, 0xC381
    push eax                            ; 81 C3 imm16 ...
    mov word [esp + 4], 0
    mov byte [esp + 6], 0xC3
    mov edx, esp
    call edx
    add esp, 8
    loop .on_stack
    equals ebx, 5050
    ; a store that changes an instruction of the running block further on
    mov ecx, 100
    xor ebx, ebx
.ahead:
    mov byte [.later], 0x43             ; INC EBX
    test ecx, 1
    jz .even
    mov byte [.later], 0x90
.even:
    nop
    nop
.later:
    nop
    loop .ahead
    equals ebx, 50
    ; real mode
    to_real DATA16
    mov cx, 100
    xor bx, bx
.real:
    mov [cs:.real_patched + 1], cx
    jmp short .real_patched
.real_patched:
    mov ax, 0
    add bx, ax
    loop .real
    movzx ebx, bx
    real_equals ebx, 5050
    mov ax, 0x700
    mov es, ax
    mov cx, 100
    xor bx, bx
.real2:
    mov [es:.real_patched2 + 2 - 0x7000], cl
.real_patched2:
    add bx, byte 0
    loop .real2
    movzx ebx, bx
    real_equals ebx, 5050
    to_protected
    finish
align 16
.procedure:
    times 16 nop
.one:
    add ebx, 1
    ret
    times 8 nop
.thousand:
    add ebx, 1000
    ret
    times 8 nop
