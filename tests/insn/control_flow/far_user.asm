; Far transfers at CPL 3 within one segment: JMP, CALL and RETF of both operand sizes, PUSH CS with a near call; 100 rounds
; manual: SDM vol. 2A, CALL and JMP; vol. 2B, RET
; expect: eax=0
%include "user.inc"
    mov [data], dword .called
    mov [data + 4], cs
    mov [data + 8], dword .jumped
    mov [data + 12], cs
    mov ebp, esp
    mov ecx, 100
    xor ebx, ebx
.loop:
    call far [data]
    push cs
    call .called
    push word 7
    push word 8
    push cs
    call .called_pops
    jmp far [data + 8]
    hlt
.jumped:
    inc ebx
    push cs
    push dword .returned
    retf
    hlt
.returned:
    inc ebx
    loop .loop
    cmp ebx, 500
    jne .bad
    cmp esp, ebp
    jne .bad
    mov dword [data + 4], 0             ; selectors differ between the engines' systems
    mov dword [data + 12], 0
    push dword 0
    push dword 0
    push dword 0
    add esp, 12
    passed
.bad:
    mov eax, 1
    hlt
.called:
    inc ebx
    retf
.called_pops:
    inc ebx
    retf 4
