; loads: byte, word, dword
    mov eax, [ebx + ecx * 4 + 8]
    mov al, [esi]
    mov cx, [edi + 2]
    movzx edx, byte [0x1234]
    movsx eax, word [ebp - 4]
