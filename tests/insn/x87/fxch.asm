; FXCH: exchange
; manual: SDM vol. 2A, FXCH
; init: flags=0
; expect: eax=40F00000
    fninit
    fld dword [.a]
    fld dword [.b]
    fxch
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 7.5
.b: dd 2.0
