; INT n: through the guest's IDT
; rings: 0 3
    int 0x80
