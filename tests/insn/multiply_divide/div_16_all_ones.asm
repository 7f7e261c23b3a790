; DIV r/m16: #DE, the quotient is 2^16; nothing changes
; manual: SDM vol. 2A, DIV
; init: eax=FFFF edx=FFFF ebx=FFFF flags=8D5
; fault: 0 at here
; expect: eax=FFFF edx=FFFF ebx=FFFF flags=8D5
here:
    div bx
    hlt
