; SGDT and SIDT: they do not trap, so they must not run as they are
; rings: 0 3
    sgdt [eax]
    sidt [eax + 8]
