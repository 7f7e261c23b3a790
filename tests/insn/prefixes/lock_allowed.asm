; LOCK with all that it is allowed for
; manual: SDM vol. 2
; init: flags=0
; undefined: pf af sf of
    mov ecx, 1
    xor eax, eax
    lock add [data], ecx
    lock or dword [data], 8
    lock adc [data], ecx
    lock sbb [data + 4], ecx
    lock and dword [data], 0xF
    lock sub [data + 4], ecx
    lock xor [data], ecx
    lock inc dword [data]
    lock dec dword [data]
    lock not dword [data + 8]
    lock neg dword [data + 8]
    lock bts [data], ecx
    lock btr [data], ecx
    lock btc [data], ecx
    lock xadd [data], ecx
    lock cmpxchg [data + 12], ecx
    lock xchg [data], eax
    lock cmpxchg8b [data + 16]
    hlt
