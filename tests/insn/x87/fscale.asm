; FSCALE: 2.5 * 2^3
; manual: SDM vol. 2A, FSCALE
; init: flags=0
; expect: eax=41A00000
    fninit
    fld dword [.b]
    fld dword [.a]
    fscale
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 2.5
.b: dd 3.0
