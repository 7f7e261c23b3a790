; far JMP, CALL and RET
; rings: 0 3
    jmp 0x08:0x1000
    call 0x08:0x1000
    retf
