; DIV and IDIV: only what cannot fault is done in place
    div ecx
    idiv dword [ebx]
    div bl
