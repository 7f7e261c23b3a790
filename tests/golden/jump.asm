; JMP
; whole: yes
    jmp 0x1040
