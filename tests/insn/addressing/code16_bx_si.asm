; 16-bit addressing: [BX+SI]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+300 = D0
; memory: data+305 = D1
; memory: data+420 = D2
    mov byte [bx + si + 0], 0xD0
    mov byte [bx + si + 5], 0xD1
    mov byte [bx + si + 0x120], 0xD2
    hlt
