; PCMPEQD mm, mm/m64: corner vectors; registers and tags as on the host CPU
; manual: SDM vol. 2, PCMPEQD
; init: flags=0
; expect: eax=0
    movq mm0, [left]
    movq mm1, [left + 8]
    movq mm2, [right]
    movq mm3, mm0
    pcmpeqd mm0, mm2
    pcmpeqd mm1, [right + 8]
    pcmpeqd mm3, [right]
    movq [data], mm0
    movq [data + 8], mm3
    mov eax, [data]
    sub eax, [data + 8]
    hlt
align 16
left:  dd 0x7FFF8000, 0x80000000, 0x00FF7F80, 0xFFFFFFFF, 0x3F800000, 0x40490FDB, 0xBF000000, 0x00000000, 0x00000000, 0x3FF00000, 0x9999999A, 0xC0099999
right: dd 0x0001FFFF, 0x7FFFFFFF, 0x01020304, 0x80017FFE, 0x40000000, 0xC2480000, 0x3E99999A, 0x80000000, 0x00000000, 0x40080000, 0x00000000, 0x3FE00000
