; FSUBR: reversed
; manual: SDM vol. 2A, FSUBR
; init: flags=0
; expect: eax=3F400000
    fninit
    fld dword [.a]
    fsubr dword [.b]
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 1.5
.b: dd 2.25
