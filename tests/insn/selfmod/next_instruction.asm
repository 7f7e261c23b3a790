; A store to the next instruction is seen
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11111142
    mov byte [.here + 1], 0x42
.here:
    mov al, 0
    hlt
