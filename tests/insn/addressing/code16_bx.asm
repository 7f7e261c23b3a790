; 16-bit addressing: [BX]
; manual: SDM vol. 2A, table 2-1
; mode: 16
; init: ebx=AAAA8100 esi=AAAA0200 edi=AAAA0300 ebp=AAAA8300 flags=0
; memory: data+100 = D0
; memory: data+105 = D1
; memory: data+220 = D2
    mov byte [bx + 0], 0xD0
    mov byte [bx + 5], 0xD1
    mov byte [bx + 0x120], 0xD2
    hlt
