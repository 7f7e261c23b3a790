; Deep recursion: 1500 calls down and back, twice; fib by two calls a level; mutual recursion through memory
; manual: SDM vol. 1, 6.3
; expect: eax=0
%include "user.inc"
    mov ebp, esp
    mov ecx, 1500
    xor ebx, ebx
    call .down
    cmp ebx, 1500
    jne .bad
    mov ecx, 1500
    call .down
    cmp ebx, 3000
    jne .bad
    mov eax, 15
    call .fib
    cmp eax, 610
    jne .bad
    mov dword [data], .even
    mov dword [data + 4], .odd
    mov ecx, 1001
    call [data]
    cmp eax, 2
    jne .bad
    mov ecx, 1000
    call [data]
    cmp eax, 1
    jne .bad
    cmp esp, ebp
    jne .bad
    passed
.bad:
    mov eax, 1
    hlt
.down:
    inc ebx
    dec ecx
    jz .bottom
    call .down
.bottom:
    ret
.fib:
    cmp eax, 2
    jb .small
    push eax
    dec eax
    call .fib
    xchg eax, [esp]
    sub eax, 2
    call .fib
    pop edx
    add eax, edx
.small:
    ret
.even:
    mov eax, 1
    jecxz .end
    dec ecx
    call [data + 4]
    ret
.odd:
    mov eax, 2
    jecxz .end
    dec ecx
    call [data]
.end:
    ret
