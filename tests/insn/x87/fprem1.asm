; FPREM1: 7.5 IEEE rem 2
; manual: SDM vol. 2A, FPREM1
; init: flags=0
; expect: eax=BF000000
    fninit
    fld dword [.b]
    fld dword [.a]
    fprem1
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 7.5
.b: dd 2.0
