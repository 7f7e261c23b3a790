; MOV to CR4
; rings: 0 3
    mov cr4, eax
