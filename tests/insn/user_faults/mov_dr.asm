; #GP(0): needs CPL 0
; manual: SDM vol. 3A, 5.9 and 6.15
; init: eax=12345678 flags=8D5
; fault: 13 at here
; expect: eax=12345678 ecx=22222222 flags=8D5
here:
    mov eax, dr7
    hlt
