; CMPXCHG8B
; manual: SDM vol. 2
; init: flags=0
; expect: eax=3 edx=4 ebx=1
    mov dword [data], 1
    mov dword [data + 4], 2
    mov eax, 1
    mov edx, 2
    mov ebx, 3
    mov ecx, 4
    cmpxchg8b [data]
    setz bl
    cmpxchg8b [data]
    hlt
