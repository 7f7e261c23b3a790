; 16-bit addressing: [BP+SI]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+500 = D0
; memory: data+505 = D1
; memory: data+620 = D2
    mov byte [bp + si + 0], 0xD0
    mov byte [bp + si + 5], 0xD1
    mov byte [bp + si + 0x120], 0xD2
    hlt
