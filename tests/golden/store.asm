; stores
    mov [ebx], eax
    mov byte [esi + 1], 5
    mov [edi], cx
