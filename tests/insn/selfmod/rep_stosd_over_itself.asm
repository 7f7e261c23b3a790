; REP STOSD up to and over its own bytes: it ends with the element that reaches them
; manual: SDM vol. 3A, 8.1.3
; init: flags=0
; expect: ecx=3
    mov edi, .rep - 64
    mov ecx, 20
    mov edx, 0
    mov eax, 0x90909090
    jmp .rep
    times 64 db 0x90
.rep:
    rep stosd
    times 12 inc edx
    hlt
