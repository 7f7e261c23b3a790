; #AC with EFLAGS.AC
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 17 at here
    pushfd
    or dword [esp], 0x40000
    popfd
here:
    mov eax, [data + 1]
    hlt
