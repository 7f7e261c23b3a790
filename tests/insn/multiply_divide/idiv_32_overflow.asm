; IDIV r/m32: #DE, the quotient does not fit; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=80000000 edx=0 ebx=1 flags=8D5
; fault: 0 at here
; expect: eax=80000000 edx=0 ebx=1 flags=8D5
here:
    idiv ebx
    hlt
