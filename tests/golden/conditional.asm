; Jcc: the guest's flags are the host's
    cmp eax, ebx
    jl 0x1000
    mov ecx, 1
    ret
