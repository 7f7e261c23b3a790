; FPREM: 7.5 rem 2
; manual: SDM vol. 2A, FPREM
; init: flags=0
; expect: eax=3FC00000
    fninit
    fld dword [.b]
    fld dword [.a]
    fprem
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 7.5
.b: dd 2.0
