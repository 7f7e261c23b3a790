; what does not exist in 64-bit mode
    aaa
    daa
    aam
    bound eax, [ebx]
