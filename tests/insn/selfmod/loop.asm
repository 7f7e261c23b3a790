; A loop that rewrites its own immediate
; manual: SDM vol. 2
; init: flags=0
; expect: eax=F
    mov ecx, 5
    xor eax, eax
.again:
    add eax, 1
    inc byte [.again + 2]
    loop .again
    hlt
