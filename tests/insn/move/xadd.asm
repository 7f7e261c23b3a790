; XADD
; manual: SDM vol. 2
; init: flags=0
; expect: eax=C ecx=5 ebx=44448000
    mov eax, 5
    mov ecx, 7
    xadd eax, ecx
    mov bl, 0x80
    mov bh, 0x80
    xadd bl, bh
    hlt
