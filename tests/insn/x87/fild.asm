; FILD: integers
; manual: SDM vol. 2A, FILD
; init: flags=0
; expect: eax=40000000
    fninit
    mov word [data], -3
    fild word [data]
    mov dword [data], 5
    fiadd dword [data]
    fst dword [data]
    mov eax, [data]
    fnstsw [data + 4]
    fnstcw [data + 6]
    hlt
.a: dd 0.0
.b: dd 0.0
