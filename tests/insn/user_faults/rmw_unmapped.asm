; A read-modify-write that begins before the arena
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 14 at here
    mov eax, 0x0FFFFFFE
here:
    add [eax], ebx
    hlt
