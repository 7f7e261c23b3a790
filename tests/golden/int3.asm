; INT3 and INTO
; rings: 0 3
    int3
    into
