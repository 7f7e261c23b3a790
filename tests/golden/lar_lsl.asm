; LAR and LSL
; rings: 0 3
    lar eax, ebx
    lsl eax, ebx
