; INVLPG, INVD, WBINVD
; rings: 0 3
    invlpg [eax]
    wbinvd
    invd
