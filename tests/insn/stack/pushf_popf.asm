; POPFD at CPL 3 does not change IF or IOPL; POPF keeps the upper half
; manual: SDM vol. 2
; init: flags=0
; expect: eax=ED7
    push dword 0x3CD5
    popfd
    pushfd
    pop eax
    and eax, 0x3FFF
    hlt
