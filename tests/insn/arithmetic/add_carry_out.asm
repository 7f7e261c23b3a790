; ADD r32, r32: carry out of bit 31
; manual: SDM vol. 2A, ADD
; init: eax=FFFFFFFF ebx=1 flags=0
; expect: eax=0 flags=55/8D5
    add eax, ebx
    hlt
