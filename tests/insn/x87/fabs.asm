; FABS: absolute value
; manual: SDM vol. 2A, FABS
; init: flags=0
; expect: eax=40200000
    fninit
    fld dword [.a]
    fabs
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd -2.5
.b: dd 0.0
