; MOV from CRn and SMSW
; rings: 0 3
    mov eax, cr0
    mov ebx, cr2
    mov ecx, cr3
    mov edx, cr4
    smsw eax
