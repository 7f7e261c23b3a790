; FDIV: 9 / 2
; manual: SDM vol. 2A, FDIV
; init: flags=0
; expect: eax=40900000
    fninit
    fld dword [.a]
    fdiv dword [.b]
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 9.0
.b: dd 2.0
