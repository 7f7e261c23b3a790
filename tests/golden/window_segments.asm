; options: windows=on,windows-ring0=on
; base: 20000
; limit: ffff
; the memory window behind segments with a base and a limit
    mov eax, [ebx]
    push ecx
    fld dword [esi + 4]
    movaps xmm1, [edi]
