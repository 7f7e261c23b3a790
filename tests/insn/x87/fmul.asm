; FMUL: 1.5 * 2.25
; manual: SDM vol. 2A, FMUL
; init: flags=0
; expect: eax=40580000
    fninit
    fld dword [.a]
    fmul dword [.b]
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 1.5
.b: dd 2.25
