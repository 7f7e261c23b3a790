; LLDT and LTR
; rings: 0 3
    lldt ax
    ltr ax
