; 16-bit code: a 32-bit address beyond the limit: #GP(0)
; manual: SDM vol. 3A, 5.3
; mode: 16
; init: flags=0
; fault: 13 at here
; expect: eax=10000
    mov eax, 0x10000
here:
    mov bl, [eax]
    hlt
