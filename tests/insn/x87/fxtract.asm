; FXTRACT: exponent and significand
; manual: SDM vol. 2A, FXTRACT
; init: flags=0
; expect: eax=40400000
    fninit
    fld dword [.a]
    fxtract
    fstp st0
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 12.0
.b: dd 0.0
