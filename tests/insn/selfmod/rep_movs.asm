; REP MOVS over the code that follows
; manual: SDM vol. 2
; init: flags=0
; expect: eax=2
    mov esi, .new
    mov edi, .old
    mov ecx, 5
    rep movsb
.old:
    mov eax, 1
    hlt
.new:
    mov eax, 2
    hlt
