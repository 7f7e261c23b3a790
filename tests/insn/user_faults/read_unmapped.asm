; A read where nothing is
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 14 at here
    mov eax, 0xDEAD0000
here:
    mov ebx, [eax]
    hlt
