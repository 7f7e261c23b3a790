; A push at SP = 1 does not fit: #SS, nothing changes
; manual: SDM vol. 3A, 6.15, interrupt 12
; mode: 16
; init: esp=1 eax=5
; fault: 12 at here
; expect: esp=1 eax=5
    nop
here:
    push ax
    hlt
