; MUL and IMUL
    mul ecx
    imul eax, ebx
    imul ecx, [esi], 10
