; HLT
; rings: 0 3
    hlt
