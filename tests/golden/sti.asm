; STI, and what its shadow covers
; rings: 0 3
    sti
    nop
    mov eax, 1
