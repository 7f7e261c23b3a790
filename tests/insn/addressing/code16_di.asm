; 16-bit addressing: [DI]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+300 = D0
; memory: data+305 = D1
; memory: data+420 = D2
    mov byte [di + 0x8000], 0xD0
    mov byte [di + 0x8005], 0xD1
    mov byte [di + 0x8120], 0xD2
    hlt
