; REP STOSB over its own bytes: after the first element it is another instruction
; manual: SDM vol. 3A, 8.1.3
; init: flags=0
; expect: ecx=5
    mov edi, .rep
    mov ecx, 6
    mov edx, 0
    mov eax, 0x90
.rep:
    rep stosb
    inc edx
    inc edx
    inc edx
    inc edx
    hlt
