; EDI as an index, scales 1 to 8, with and without a base
; manual: SDM vol. 2A, table 2-3
; init: eax=10008000 ecx=10008100 edx=10008200 ebx=10008300 ebp=10008400 esi=10008500 edi=10008600 esp=1000F000 flags=0
; memory: data+324 = B0
; memory: data+344 = B1
; memory: data+1040 = C1
; memory: data+384 = B2
; memory: data+1080 = C2
; memory: data+404 = B3
; memory: data+1100 = C3
    mov edi, 0x20
    mov byte [ebx + edi*1 + 4], 0xB0
    mov byte [edi*1 + data + 0x1000], 0xC0
    mov byte [ebx + edi*2 + 4], 0xB1
    mov byte [edi*2 + data + 0x1000], 0xC1
    mov byte [ebx + edi*4 + 4], 0xB2
    mov byte [edi*4 + data + 0x1000], 0xC2
    mov byte [ebx + edi*8 + 4], 0xB3
    mov byte [edi*8 + data + 0x1000], 0xC3
    hlt
