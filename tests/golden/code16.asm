; real mode
; bits: 16
; rings: 0
; base: 12340
    mov ax, [bx + si + 2]
    mov [di], cl
    add eax, ebx
    push ax
    pop dx
    int 0x10
