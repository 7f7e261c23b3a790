; REP MOVSB over its own bytes: after the first element it is another instruction
; manual: SDM vol. 3A, 8.1.3
; init: flags=0
; expect: ecx=5
    mov edi, .rep
    mov esi, .new
    mov ecx, 6
    mov edx, 0
.rep:
    rep movsb
    inc edx
    inc edx
    inc edx
    inc edx
    hlt
.new:
    nop
    inc ebx
    inc ebx
    inc ebx
    inc ebx
    inc ebx
