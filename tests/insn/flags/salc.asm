; SALC: AL from CF
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11111100 ecx=222222FF
    stc
    db 0xD6
    mov cl, al
    clc
    db 0xD6
    hlt
