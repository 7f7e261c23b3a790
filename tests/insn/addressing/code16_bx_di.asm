; 16-bit addressing: [BX+DI]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+400 = D0
; memory: data+405 = D1
; memory: data+520 = D2
    mov byte [bx + di + 0], 0xD0
    mov byte [bx + di + 5], 0xD1
    mov byte [bx + di + 0x120], 0xD2
    hlt
