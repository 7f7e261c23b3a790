; LAHF and SAHF: bit 1 is one, bits 3 and 5 zero
; manual: SDM vol. 2
; init: flags=0
; expect: eax=D711
    mov ah, 0xFF
    sahf
    lahf
    movzx eax, ax
    hlt
