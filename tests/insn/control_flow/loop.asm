; LOOP, LOOPE, LOOPNE, JECXZ; no flag changes
; manual: SDM vol. 2
; init: flags=0
; expect: eax=5 ebx=3 ecx=FFFFFFFE
    mov ecx, 3
    xor eax, eax
.a: inc eax
    loop .a
    mov ecx, 5
.b: inc eax
    cmp eax, 5
    loopne .b
    mov ebx, ecx
    xor ecx, ecx
    jecxz .c
    ud2
.c: dec ecx
    jcxz .bad
    a16 loop .d
.d: jmp .end
.bad: ud2
.end:
    hlt
