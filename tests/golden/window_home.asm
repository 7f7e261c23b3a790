; options: windows=on,windows-ring0=on
; the memory window at home: the operands are all the guest's
    mov eax, [ebx + ecx * 4 + 8]
    add [eax], ah
    movzx edx, byte [0x1234]
    mov [esp + 4], eax
    push dword [ebp]
    pop esi
    mov edi, [ebp]
    fld qword [esi + 8]
    call [edx]
