; STD and CLD
; manual: SDM vol. 2
; init: flags=0
; expect: eax=400 ebx=0
    std
    pushfd
    pop eax
    cld
    pushfd
    pop ebx
    and eax, 0x400
    and ebx, 0x400
    hlt
