; INC becomes DEC between two calls
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11111110
    call .f
    mov byte [.f], 0x48
    call .f
    call .f
    jmp .end
.f: inc eax
    ret
.end:
    hlt
