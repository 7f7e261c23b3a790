; LOOP, LOOPE, JECXZ
    loop 0x1000
    loope 0x1000
    jecxz 0x1000
