; string instructions in the memory window: repeated moves, a repeated comparison, a single store
; options: windows=on,windows-ring0=on
    rep movsd
    repe cmpsb
    stosw
