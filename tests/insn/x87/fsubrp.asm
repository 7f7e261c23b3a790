; FSUBRP: subtract reversed and pop
; manual: SDM vol. 2A, FSUBRP
; init: flags=0
; expect: eax=C0B00000
    fninit
    fld dword [.a]
    fld dword [.b]
    fsubrp
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 7.5
.b: dd 2.0
