; REP MOVSB onto itself one element on: the first element fills
; manual: SDM vol. 2B, MOVS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; memory: data+100 = 00 00 00 00 44 55 66 77 88 99 AA BB
; expect: ecx=0
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    lea edi, [esi + 1]
    rep movsb
    hlt
