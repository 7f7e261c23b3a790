; REPNE SCASB finds the element and stops behind it
; manual: SDM vol. 2B, SCAS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ecx=1 edi=10008102 flags=44/44
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    mov edi, esi
    mov eax, [data + 0x100 + 1]
    repne scasb
    hlt
