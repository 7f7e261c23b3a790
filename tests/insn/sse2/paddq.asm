; PADDQ: corner vectors; registers, MXCSR and memory as on the host CPU
; manual: SDM vol. 2, PADDQ
; init: flags=0
; expect: eax=0
    movaps xmm0, [left]
    movaps xmm1, [left + 16]
    movaps xmm2, [left + 32]
    movaps xmm3, [right]
    movaps xmm4, [right + 16]
    movaps xmm5, [right + 32]
    movaps xmm6, xmm1
    movaps xmm7, xmm5
    paddq xmm0, xmm3
    paddq xmm1, xmm4
    paddq xmm2, xmm5
    paddq xmm6, [right + 16]
    paddq xmm7, [left]
    movups [data], xmm1
    mov eax, [data]
    movups [data + 16], xmm6
    sub eax, [data + 16]    ; register and memory operands do the same
    hlt
align 16
left:  dd 0x7FFF8000, 0x80000000, 0x00FF7F80, 0xFFFFFFFF, 0x3F800000, 0x40490FDB, 0xBF000000, 0x00000000, 0x00000000, 0x3FF00000, 0x9999999A, 0xC0099999
right: dd 0x0001FFFF, 0x7FFFFFFF, 0x01020304, 0x80017FFE, 0x40000000, 0xC2480000, 0x3E99999A, 0x80000000, 0x00000000, 0x40080000, 0x00000000, 0x3FE00000
