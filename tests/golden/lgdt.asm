; LGDT and LIDT
; rings: 0 3
    lgdt [eax]
    lidt [eax + 8]
