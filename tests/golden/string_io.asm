; REP INS and REP OUTS
; rings: 0 3
    rep insd
    rep outsb
