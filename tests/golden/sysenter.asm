; SYSENTER and SYSEXIT
; rings: 0 3
    sysenter
    sysexit
