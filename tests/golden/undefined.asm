; no instruction
    ud2
