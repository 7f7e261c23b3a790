; options: windows=on,windows-ring0=on,window-home=off
; the memory window: operands as they are, pushes and pops, high bytes, the stack and jumps through memory
    mov eax, [ebx + ecx * 4 + 8]
    mov ah, [edx]
    add [eax], ah
    movzx edx, byte [0x1234]
    mov ecx, [eax * 8 + 0x10]
    mov edx, [esp + 8]
    add [ebp], esi
    mov di, [bx + si + 4]
    push eax
    push dword [ebx]
    pop ecx
    lock inc dword [edi]
    idiv dword [esi]
    call [ecx + 4]
    jmp [edx * 4 + 0x2000]
    ret 8
