; Single step: #DB behind the instruction after POPFD
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 1 at here
    pushfd
    or dword [esp], 0x100
    popfd
    nop
here:
    nop
    hlt
