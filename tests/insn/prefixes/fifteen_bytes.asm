; An instruction of 15 bytes is allowed
; manual: SDM vol. 2
; init: flags=0
; expect: eax=0
    mov ecx, data
    times 13 db 0x3E
    db 0x8B, 0x01
    hlt
