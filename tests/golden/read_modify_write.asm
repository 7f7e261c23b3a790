; read-modify-write, with LOCK too
    add [ebx], eax
    inc dword [ebx]
    lock xadd [ebx], ecx
    xchg [ebx], eax
    lock cmpxchg8b [esi]
