; XLAT adds AL without sign
; manual: SDM vol. 2
; init: flags=0
; expect: eax=1234565A
    mov byte [data + 0xF0], 0x5A
    mov ebx, data
    mov eax, 0x123456F0
    xlatb
    hlt
