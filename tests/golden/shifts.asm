; shifts and rotates
    shl eax, 3
    sar dword [ebx], cl
    shld eax, edx, 4
    rcl ecx, 1
    ror byte [esi], 1
