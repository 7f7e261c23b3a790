; REPNE SCASW to the end of the count; REPE stops at the first difference
; manual: SDM vol. 2B, SCAS
; init: esi=10008100 edi=10008200 ecx=3 eax=44332211 flags=0
; expect: ebx=0 ecx=4 edi=10008102 flags=0/40
    mov dword [data + 0x100], 0x33221100
    mov dword [data + 0x104], 0x77665544
    mov dword [data + 0x108], 0xBBAA9988
    mov edi, esi
    mov eax, 0xEEEEEEEE
    repne scasw
    mov ebx, ecx
    mov ecx, 5
    mov edi, esi
    repe scasw
    hlt
