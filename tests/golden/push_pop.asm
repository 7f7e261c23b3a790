; PUSH and POP of registers, constants and memory
    push eax
    push esp
    push 5
    push dword [ebx]
    pop ecx
    pop esp
    push bx
    pop word cx
