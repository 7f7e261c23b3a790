; VERR and VERW, ARPL
; rings: 0 3
    verr ax
    verw ax
    arpl ax, bx
