; #UD: MOV to CS
; manual: SDM vol. 3A, 5.9 and 6.15
; init: eax=12345678 flags=8D5
; fault: 6 at here
; expect: eax=12345678 ecx=22222222 flags=8D5
here:
    db 0x8E, 0xC8
    hlt
