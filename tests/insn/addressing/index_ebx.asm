; EBX as an index, scales 1 to 8, with and without a base
; manual: SDM vol. 2A, table 2-3
; init: eax=10008000 ecx=10008100 edx=10008200 ebx=10008300 ebp=10008400 esi=10008500 edi=10008600 esp=1000F000 flags=0
; memory: data+124 = B0
; memory: data+144 = B1
; memory: data+1040 = C1
; memory: data+184 = B2
; memory: data+1080 = C2
; memory: data+204 = B3
; memory: data+1100 = C3
    mov ebx, 0x20
    mov byte [ecx + ebx*1 + 4], 0xB0
    mov byte [ebx*1 + data + 0x1000], 0xC0
    mov byte [ecx + ebx*2 + 4], 0xB1
    mov byte [ebx*2 + data + 0x1000], 0xC1
    mov byte [ecx + ebx*4 + 4], 0xB2
    mov byte [ebx*4 + data + 0x1000], 0xC2
    mov byte [ecx + ebx*8 + 4], 0xB3
    mov byte [ebx*8 + data + 0x1000], 0xC3
    hlt
