; 67 in 32-bit code: 16-bit addressing faults below the arena; LEA shows it
; manual: SDM vol. 2
; init: flags=0
; expect: eax=BBCB
    a16 lea eax, [bx + si + 0x10]
    hlt
