; CALL
    call 0x1040
