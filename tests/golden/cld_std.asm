; DF is virtual
    cld
    std
