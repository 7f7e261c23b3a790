; JMP through a register and memory
    jmp eax
    jmp [ebx * 4 + 0x1000]
