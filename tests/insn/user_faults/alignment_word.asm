; #AC of a word; bytes and aligned dwords pass
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 17 at here
    pushfd
    or dword [esp], 0x40000
    popfd
    mov al, [data + 1]
    mov eax, [data + 4]
here:
    mov ax, [data + 3]
    hlt
