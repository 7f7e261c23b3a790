; 66: the operand size is 16 bits, the upper half stays
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11111223
    mov eax, 0x11112222
    add ax, 0xF000
    db 0x66, 0x40
    hlt
