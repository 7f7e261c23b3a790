; INTO with OF: a trap
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 4 at here
    mov al, 0x7F
    inc al
    into
here:
    hlt
