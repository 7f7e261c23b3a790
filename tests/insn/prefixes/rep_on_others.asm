; F2 and F3 before instructions that do not repeat are ignored
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11111113
    db 0xF3, 0x40
    db 0xF2, 0x40
    hlt
