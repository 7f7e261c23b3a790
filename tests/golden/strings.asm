; string instructions
    rep movsd
    lodsb
    repne scasb
