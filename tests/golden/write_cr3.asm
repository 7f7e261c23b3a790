; MOV to CR3: another address space
; rings: 0 3
    mov cr3, eax
