; REPE CMPSD: flags of the first difference, [ESI] minus [EDI]
; manual: SDM vol. 2A, CMPS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ecx=4 esi=1000810C edi=1000820C flags=0/8C1
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    mov edi, data + 0x200
    rep movsd
    dec byte [edi - 4]
    mov esi, data + 0x100
    mov edi, data + 0x200
    mov ecx, 7
    repe cmpsd
    hlt
