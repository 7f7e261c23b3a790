; INT n through a gate of DPL 0
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 13 at here
here:
    int 0x25
    hlt
