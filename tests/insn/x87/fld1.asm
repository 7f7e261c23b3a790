; FLD1: constants
; manual: SDM vol. 2A, FLD1
; init: flags=0
; expect: eax=3F800000
    fninit
    fld1
    fldz
    fldpi
    fldl2e
    fldl2t
    fldlg2
    fldln2
    fcompp
    fcompp
    fcompp
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 0.0
.b: dd 0.0
