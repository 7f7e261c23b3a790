; DIV r/m8: #DE, the quotient is 2^8; nothing changes
; manual: SDM vol. 2A, DIV
; init: eax=FFFF edx=FF ebx=FF flags=8D5
; fault: 0 at here
; expect: eax=FFFF edx=FF ebx=FF flags=8D5
here:
    div bl
    hlt
