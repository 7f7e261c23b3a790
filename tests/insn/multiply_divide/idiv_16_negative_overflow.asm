; IDIV r/m16: #DE, the quotient is less than the least; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=7FFF edx=FFFF ebx=1 flags=8D5
; fault: 0 at here
; expect: eax=7FFF edx=FFFF ebx=1 flags=8D5
here:
    idiv bx
    hlt
