; MOVSW and REP MOVSW forwards
; manual: SDM vol. 2B, MOVS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; memory: data+200 = 00 11 22 33 44 55 00
; expect: ecx=0 esi=10008106 edi=10008206
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    rep movsw
    hlt
