; 16-bit code: a 32-bit effective address within the limit
; manual: SDM vol. 2A, 2.1.1
; mode: 16
; init: flags=0
; memory: data+122 = 5A
    mov ecx, 0x8100
    mov eax, 4
    mov byte [ecx + eax*8 + 2], 0x5A
    hlt
