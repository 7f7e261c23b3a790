; FCMOVcc
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=0
    fninit
    fldz
    fld1
    stc
    fcmovb st0, st1
    fistp dword [data]
    mov eax, [data]
    hlt
