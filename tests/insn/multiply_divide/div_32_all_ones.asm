; DIV r/m32: #DE, the quotient is 2^32; nothing changes
; manual: SDM vol. 2A, DIV
; init: eax=FFFFFFFF edx=FFFFFFFF ebx=FFFFFFFF flags=8D5
; fault: 0 at here
; expect: eax=FFFFFFFF edx=FFFFFFFF ebx=FFFFFFFF flags=8D5
here:
    div ebx
    hlt
