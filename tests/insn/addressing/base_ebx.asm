; [EBX] with no, 8-bit and 32-bit displacements
; manual: SDM vol. 2A, tables 2-2 and 2-3
; init: eax=10008000 ecx=10008100 edx=10008200 ebx=10008300 ebp=10008400 esi=10008500 edi=10008600 esp=1000F000 flags=0
; memory: data+300 = A0
; memory: data+308 = A1
; memory: data+2fc = A2
; memory: data+440 = A3
    mov byte [ebx], 0xA0
    mov byte [ebx + 8], 0xA1
    mov byte [ebx - 4], 0xA2
    mov byte [ebx + 0x140], 0xA3
    hlt
