; POPFD: IF and DF become virtual, the arithmetic flags real
; rings: 0 3
    popfd
