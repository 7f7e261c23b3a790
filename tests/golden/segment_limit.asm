; limits to check
; limit: 7FFFF
    mov eax, [ebx]
    mov [ebx], ecx
    push eax
