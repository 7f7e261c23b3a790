; IDIV r/m8: #DE, the quotient is less than the least; nothing changes
; manual: SDM vol. 2A, IDIV
; init: eax=FF7F edx=FF ebx=1 flags=8D5
; fault: 0 at here
; expect: eax=FF7F edx=FF ebx=1 flags=8D5
here:
    idiv bl
    hlt
