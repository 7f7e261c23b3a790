; a load in Ring 0 asks the other TLB
; rings: 0
    mov eax, [ebx]
