; CALL through a register and memory
    call eax
    call [ebx + 4]
