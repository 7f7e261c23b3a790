; FCOMI sets ZF, PF, CF
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=101 ebx=1
    fninit
    fldz
    fld1
    fcomi st0, st1
    seta al
    fcomi st0, st0
    sete ah
    fxch
    fcomi st0, st1
    setb bl
    movzx ebx, bl
    movzx eax, ax
    hlt
