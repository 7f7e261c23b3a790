; FSQRT: root of 2.25
; manual: SDM vol. 2A, FSQRT
; init: flags=0
; expect: eax=3FC00000
    fninit
    fld dword [.a]
    fsqrt
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 2.25
.b: dd 0.0
