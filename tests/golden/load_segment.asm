; loads of data segment registers
; rings: 0 3
    mov ds, eax
    mov fs, [ebx]
    pop es
    mov ecx, 1
