; 16-bit effective addresses wrap at 64 KiB
; manual: SDM vol. 1, 3.3.5
; mode: 16
; init: ebx=FF00 esi=8100 flags=0
; memory: data+0 = 77
    mov byte [bx + si], 0x77
    mov al, [bx + 0x8100]
    hlt
