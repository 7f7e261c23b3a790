; MOVSD and REP MOVSD forwards
; manual: SDM vol. 2B, MOVS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; memory: data+200 = 00 11 22 33 44 55 66 77 88 99 AA BB 00
; expect: ecx=0 esi=1000810C edi=1000820C
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    rep movsd
    hlt
