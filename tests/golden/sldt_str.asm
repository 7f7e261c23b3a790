; SLDT and STR
; rings: 0 3
    sldt eax
    str eax
