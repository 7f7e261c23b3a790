; A write across the end of the arena changes nothing
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 14 at here
    mov eax, 0x1000FFFE
here:
    mov [eax], ebx
    hlt
