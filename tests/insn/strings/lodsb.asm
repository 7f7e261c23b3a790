; LODSB: AL, AX or EAX; REP keeps the last
; manual: SDM vol. 2A, LODS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ecx=0 esi=10008103 ebx=44332200 eax=44332222
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    lodsb
    mov ebx, eax
    mov ecx, 2
    rep lodsb
    hlt
