; LODSD: AL, AX or EAX; REP keeps the last
; manual: SDM vol. 2A, LODS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ecx=0 esi=1000810C ebx=33221100 eax=BBAA9988
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    lodsd
    mov ebx, eax
    mov ecx, 2
    rep lodsd
    hlt
