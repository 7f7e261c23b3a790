; FFREE, FINCSTP, FDECSTP
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=0
    fninit
    fld1
    ffree st0
    fincstp
    fnstsw ax
    movzx eax, ax
    fdecstp
    fld1
    hlt
