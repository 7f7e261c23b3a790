; BT with a register reaches beyond its operand
    bt eax, 5
    bts [ebx], eax
    btr dword [ebx], 3
    bsf eax, ecx
    bswap edx
