; IDIV r/m8: #DE, the least by -1; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=FF80 edx=FF ebx=FF flags=8D5
; fault: 0 at here
; expect: eax=FF80 edx=FF ebx=FF flags=8D5
here:
    idiv bl
    hlt
