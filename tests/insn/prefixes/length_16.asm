; The same with one more prefix: 16 bytes are #GP
; manual: SDM vol. 2A, 2.3.11; vol. 3A, 6.15, interrupt 13
; init: ebx=10008000
; fault: 13 at here
    nop
here:
    db 0x3E, 0x3E, 0x3E, 0x3E, 0x3E, 0x81, 0x84, 0x33
    dd 0
    dd 0x01010101
    hlt
