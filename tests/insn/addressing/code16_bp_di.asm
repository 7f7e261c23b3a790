; 16-bit addressing: [BP+DI]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+600 = D0
; memory: data+605 = D1
; memory: data+720 = D2
    mov byte [bp + di + 0], 0xD0
    mov byte [bp + di + 5], 0xD1
    mov byte [bp + di + 0x120], 0xD2
    hlt
