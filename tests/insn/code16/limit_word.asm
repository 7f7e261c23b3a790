; 16-bit code: a word at FFFF: #GP(0)
; manual: SDM vol. 3A, 5.3
; mode: 16
; init: flags=0
; fault: 13 at here
; expect: ebx=4444FFFF
    mov bx, 0xFFFF
here:
    mov ax, [bx]
    hlt
