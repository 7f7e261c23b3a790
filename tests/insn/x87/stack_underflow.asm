; A pop from an empty stack: IE and SF
; manual: SDM vol. 1, chapter 8
; init: flags=0
; expect: eax=41 ebx=FFC00000
    fninit
    fstp dword [data]
    fnstsw ax
    and eax, 0x27F
    mov ebx, [data]
    hlt
