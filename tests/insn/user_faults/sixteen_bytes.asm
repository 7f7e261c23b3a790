; #GP(0): longer than 15 bytes
; manual: SDM vol. 3A, 5.9 and 6.15
; init: eax=12345678 flags=8D5
; fault: 13 at here
; expect: eax=12345678 ecx=22222222 flags=8D5
here:
    times 15 db 0x66
    nop
    hlt
