; One indirect jump and one indirect call with 16 targets in turn, through registers and tables, 50 times each
; manual: SDM vol. 2A, JMP and CALL
; expect: eax=0
%include "user.inc"
    mov edi, 50
    xor ebx, ebx
.round:
    xor ecx, ecx
.next:
    jmp [.table + ecx * 4]
%assign i 0
%rep 16
.target%+i:
    add ebx, i
    jmp .joined
%assign i i + 1
%endrep
.joined:
    mov eax, [.calls + ecx * 4]
    call eax
    inc ecx
    cmp ecx, 16
    jb .next
    dec edi
    jnz .round
    cmp ebx, 50 * (120 + 16 * 100 + 120)
    jne .bad
    passed
.bad:
    mov eax, 1
    hlt
%assign i 0
%rep 16
.procedure%+i:
    add ebx, 100 + i
    ret
%assign i i + 1
%endrep
align 4
.table:
%assign i 0
%rep 16
    dd .target%+i
%assign i i + 1
%endrep
.calls:
%assign i 0
%rep 16
    dd .procedure%+i
%assign i i + 1
%endrep
