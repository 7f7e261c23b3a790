; BSWAP r32
; manual: SDM vol. 2
; init: flags=0
; expect: eax=78563412
    mov eax, 0x12345678
    bswap eax
    hlt
