; MOV EAX, moffs with a 16-bit address size: the displacement is two bytes, the address below 64 KiB
; manual: SDM vol. 2B, MOV; vol. 3A, 6.15
; init: eax=5
; fault: 14 at here
; expect: eax=5
    nop
here:
    a16 mov eax, [word 0x1234]
    hlt
