; INT3: a trap, EIP behind it
; manual: SDM vol. 3A, 6.15
; init: flags=0
; fault: 3 at here
    int3
here:
    hlt
