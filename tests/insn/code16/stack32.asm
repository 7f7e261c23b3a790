; 16-bit code: 32-bit pushes on a 16-bit stack
; manual: SDM vol. 2B, PUSH
; mode: 16
; init: flags=0
; expect: eax=11115678 ebx=44441234 esp=F000
    push dword 0x12345678
    pop ax
    pop bx
    pushad
    popad
    hlt
