; CLC, STC, CMC
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11110001 ebx=44444400
    stc
    setc al
    cmc
    setc ah
    cmc
    clc
    setc bl
    hlt
