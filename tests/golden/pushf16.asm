; PUSHF with a 16-bit operand
; rings: 0 3
    pushfw
