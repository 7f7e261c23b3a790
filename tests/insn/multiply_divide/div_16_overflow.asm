; DIV r/m16: #DE, the quotient does not fit; nothing changes
; manual: SDM vol. 2A, DIV
; init: eax=0 edx=1 ebx=1 flags=8D5
; fault: 0 at here
; expect: eax=0 edx=1 ebx=1 flags=8D5
here:
    div bx
    hlt
