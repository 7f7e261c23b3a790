; The last segment prefix counts
; manual: SDM vol. 2
; init: flags=0
; expect: eax=99
    mov ecx, data
    mov dword [ecx], 0x99
    db 0x26, 0x3E, 0x8B, 0x01
    hlt
