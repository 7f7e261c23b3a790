; CBW, CWDE, CWD, CDQ
; manual: SDM vol. 2
; init: flags=0
; expect: ecx=1111FF80 ebx=FFFFFF80 esi=3333FFFF edx=FFFFFFFF
    mov eax, 0x11110080
    cbw
    mov ecx, eax
    cwde
    mov ebx, eax
    cwd
    mov esi, edx
    cdq
    hlt
