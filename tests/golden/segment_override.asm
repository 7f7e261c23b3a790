; FS and GS
; base: 12340
    mov eax, [fs:0]
    mov [ebx], eax
