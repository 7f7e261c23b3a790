; LEA computes and does not access
; manual: SDM vol. 2A, LEA
; init: ebx=DEADBEEF ecx=3 flags=0
; expect: eax=DEADBF06 edx=3333BEF1 esi=BEF2
    lea eax, [ebx + ecx*8 - 1]
    lea dx, [ebx + 2]
    a16 lea esi, [bx + 3]
    hlt
