; MOV to SS: the next instruction is covered
; rings: 0 3
    mov ss, eax
    mov esp, ebx
