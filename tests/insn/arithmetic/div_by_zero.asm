; DIV r/m8 by zero: #DE at the instruction, nothing changed
; manual: SDM vol. 2A, DIV
; init: eax=1234 flags=0
; expect: eax=1234
; fault: 0 at here
    mov byte [data], 0
here:
    div byte [data]
    hlt
