; FXAM tells the classes
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: ebx=400 ecx=4200 eax=4100
    fninit
    fld1
    fxam
    fnstsw ax
    and eax, 0x4700
    mov ebx, eax
    fldz
    fchs
    fxam
    fnstsw ax
    and eax, 0x4700
    mov ecx, eax
    fincstp
    fincstp
    fxam
    fnstsw ax
    and eax, 0x4500
    hlt
