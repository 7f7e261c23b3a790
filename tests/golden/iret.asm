; IRETD
; rings: 0 3
    iretd
