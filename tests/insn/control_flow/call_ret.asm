; CALL, RET and RET imm16
; manual: SDM vol. 2
; init: flags=0
; expect: ebx=1 ecx=2 eax=10000005 esp=1000F000
    call .f
    mov ebx, 1
    push dword 1
    push dword 2
    call .g
    jmp .end
.f: mov eax, [esp]
    ret
.g: mov ecx, [esp + 4]
    ret 8
.end:
    hlt
