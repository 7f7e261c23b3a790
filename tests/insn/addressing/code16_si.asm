; 16-bit addressing: [SI]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+200 = D0
; memory: data+205 = D1
; memory: data+320 = D2
    mov byte [si + 0x8000], 0xD0
    mov byte [si + 0x8005], 0xD1
    mov byte [si + 0x8120], 0xD2
    hlt
