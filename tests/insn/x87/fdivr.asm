; FDIVR: 2 / 9 reversed
; manual: SDM vol. 2A, FDIVR
; init: flags=0
; expect: eax=40100000
    fninit
    fld dword [.a]
    fdivr dword [.b]
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 4.0
.b: dd 9.0
