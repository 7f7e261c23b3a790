; FCHS: sign
; manual: SDM vol. 2A, FCHS
; init: flags=0
; expect: eax=40200000
    fninit
    fld dword [.a]
    fchs
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd -2.5
.b: dd 0.0
