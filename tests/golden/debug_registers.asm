; MOV from and to DRn
; rings: 0 3
    mov eax, dr7
    mov dr0, eax
    mov dr7, eax
