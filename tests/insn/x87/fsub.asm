; FSUB: 1.5 - 2.25
; manual: SDM vol. 2A, FSUB
; init: flags=0
; expect: eax=BF400000
    fninit
    fld dword [.a]
    fsub dword [.b]
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 1.5
.b: dd 2.25
