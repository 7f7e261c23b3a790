; FADDP: add and pop
; manual: SDM vol. 2A, FADDP
; init: flags=0
; expect: eax=41180000
    fninit
    fld dword [.a]
    fld dword [.b]
    faddp
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 7.5
.b: dd 2.0
