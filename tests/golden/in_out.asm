; IN and OUT
; rings: 0 3
    in al, 0x60
    in eax, dx
    out 0x20, al
    out dx, ax
