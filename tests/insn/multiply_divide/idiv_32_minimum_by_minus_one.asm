; IDIV r/m32: #DE, the least by -1; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=80000000 edx=FFFFFFFF ebx=FFFFFFFF flags=8D5
; fault: 0 at here
; expect: eax=80000000 edx=FFFFFFFF ebx=FFFFFFFF flags=8D5
here:
    idiv ebx
    hlt
