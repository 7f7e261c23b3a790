; MOV to CR0, LMSW, CLTS
; rings: 0 3
    mov cr0, eax
    lmsw ax
    clts
