; REP MOVSB backwards
; manual: SDM vol. 2B, MOVS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; memory: data+200 = 00 11 22 00
; expect: ecx=0 esi=100080FF edi=100081FF flags=400/400
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    lea esi, [esi + 2]
    lea edi, [edi + 2]
    std
    rep movsb
    hlt
