; LDS and LSS
; rings: 0 3
    lds esi, [eax]
    lss esp, [eax]
