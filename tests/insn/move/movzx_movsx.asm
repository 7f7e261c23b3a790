; MOVZX and MOVSX of bytes and words
; manual: SDM vol. 2
; init: flags=0
; expect: eax=80 ebx=FFFFFF80 edx=F680 esi=FFFFF680 edi=8888FFF6
    mov ecx, 0x1234F680
    movzx eax, cl
    movsx ebx, cl
    movzx edx, cx
    movsx esi, cx
    movsx di, ch
    hlt
