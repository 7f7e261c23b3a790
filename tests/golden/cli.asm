; CLI: one bit of the virtual EFLAGS
; rings: 0 3
    cli
