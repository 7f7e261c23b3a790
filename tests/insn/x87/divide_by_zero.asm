; 1/0 masked: infinity and ZE
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=4 ebx=7F800000
    fninit
    fld1
    fldz
    fdivp
    fst dword [data]
    fnstsw ax
    and eax, 0x7F
    mov ebx, [data]
    hlt
