; MOVAPS misaligned: #GP
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 13 at here
here:
    movaps xmm0, [data + 4]
    hlt
