; instructions on flags
    cmp eax, 5
    setb cl
    cmovz edx, esi
    adc eax, 0
    lahf
    sahf
    stc
    cmc
    sbb eax, eax
