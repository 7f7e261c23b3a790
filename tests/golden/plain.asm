; with every mechanism off
; options: off
    mov eax, [ebx]
    add eax, 1
    jnz 0x1000
