; IDIV r/m16: #DE, the least by -1; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=8000 edx=FFFF ebx=FFFF flags=8D5
; fault: 0 at here
; expect: eax=8000 edx=FFFF ebx=FFFF flags=8D5
here:
    idiv bx
    hlt
