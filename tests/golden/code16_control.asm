; control flow in real mode
; bits: 16
; rings: 0
    cmp ax, bx
    jne 0x1000
    call 0x1040
    ret
