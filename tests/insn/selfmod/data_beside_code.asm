; Stores beside code leave it alone
; manual: SDM vol. 2
; init: flags=0
; expect: eax=64
    mov ecx, 100
.a: inc dword [.counter]
    loop .a
    mov eax, [.counter]
    jmp .end
.counter: dd 0
.end:
    hlt
