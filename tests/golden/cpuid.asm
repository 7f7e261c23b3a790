; CPUID
; rings: 0 3
    cpuid
