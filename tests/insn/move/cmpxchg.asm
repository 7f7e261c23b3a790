; CMPXCHG: equal stores, different loads the accumulator
; manual: SDM vol. 2
; init: flags=0
; expect: eax=9 ebx=1
    mov dword [data], 5
    mov eax, 5
    mov ecx, 9
    cmpxchg [data], ecx
    setz bl
    mov eax, 7
    cmpxchg [data], ebx
    setz bh
    movzx ebx, bx
    hlt
