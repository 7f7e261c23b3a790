; XCHG of registers and memory
; manual: SDM vol. 2
; init: flags=0
; expect: eax=4400 ecx=11111111
    mov dword [data], 0x44
    mov ecx, 0x33
    xchg [data], ecx
    xchg eax, ecx
    xchg al, ah
    hlt
