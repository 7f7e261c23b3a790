; ESP is r8
    mov eax, esp
    add esp, 16
    lea ecx, [esp + 4]
    mov edx, [esp + 8]
    mov esp, ebp
    xor eax, [esp + eax * 2]
