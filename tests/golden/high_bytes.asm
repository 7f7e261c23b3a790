; AH to BH have no encoding beside r8 and up
    mov ah, bl
    mov ah, [ebx]
    add [esi], dh
    mov ah, [eax]
    cmp ch, [esp + 4]
