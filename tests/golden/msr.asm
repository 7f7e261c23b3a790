; RDMSR and WRMSR
; rings: 0 3
    rdmsr
    wrmsr
