; PUSH below the arena: ESP stays
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 14 at here
    mov ecx, esp
    mov esp, 0x10000000
here:
    push eax
    mov esp, ecx
    hlt
