; FRNDINT: to nearest even
; manual: SDM vol. 2A, FRNDINT
; init: flags=0
; expect: eax=40000000
    fninit
    fld dword [.a]
    frndint
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 2.5
.b: dd 0.0
