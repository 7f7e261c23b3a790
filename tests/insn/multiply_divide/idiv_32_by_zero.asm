; IDIV r/m32: #DE, division by zero; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=1 edx=0 ebx=0 flags=8D5
; fault: 0 at here
; expect: eax=1 edx=0 ebx=0 flags=8D5
here:
    idiv ebx
    hlt
