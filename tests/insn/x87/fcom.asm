; FCOM: C3, C2, C0 for greater, less, equal, unordered
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: ebx=0 ecx=100 edx=4000 eax=4500
    fninit
    fldz
    fld1
    fcom
    fnstsw ax
    and eax, 0x4500
    mov ebx, eax
    fxch
    fcom
    fnstsw ax
    and eax, 0x4500
    mov ecx, eax
    fcom st0
    fnstsw ax
    and eax, 0x4500
    mov edx, eax
    fldz
    fldz
    fdivp
    fucom
    fnstsw ax
    and eax, 0x4500
    hlt
