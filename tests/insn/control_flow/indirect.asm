; JMP and CALL through registers and memory
; manual: SDM vol. 2
; init: flags=0
; expect: ecx=5A esp=1000F000
    mov eax, .a
    jmp eax
    ud2
.a: mov dword [data], .b
    call [data]
    jmp .end
.b: mov ecx, 0x5A
    ret
.end:
    hlt
