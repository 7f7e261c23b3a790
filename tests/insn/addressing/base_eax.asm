; [EAX] with no, 8-bit and 32-bit displacements
; manual: SDM vol. 2A, tables 2-2 and 2-3
; init: eax=10008000 ecx=10008100 edx=10008200 ebx=10008300 ebp=10008400 esi=10008500 edi=10008600 esp=1000F000 flags=0
; memory: data+0 = A0
; memory: data+8 = A1
; memory: data+140 = A3
    mov byte [eax], 0xA0
    mov byte [eax + 8], 0xA1
    mov byte [eax + 0x7C], 0xA2
    mov byte [eax + 0x140], 0xA3
    hlt
