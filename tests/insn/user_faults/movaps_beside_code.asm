; MOVAPS to an address that is not aligned, in a page that holds code
; manual: SDM vol. 2B, MOVAPS; vol. 3A, 6.15, general protection
; fault: 13 at here
; memory: beside = 02
    mov byte [beside], 1
    mov byte [beside], 2
here:
    movaps [beside + 8], xmm0
    hlt
align 16
beside:
    times 32 db 0
