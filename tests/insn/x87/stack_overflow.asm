; Nine loads: C1 and SF with IE, the indefinite in ST0
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=41
    fninit
    times 9 fld1
    fnstsw ax
    and eax, 0x7F
    hlt
