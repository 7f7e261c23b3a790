; AH, CH, DH, BH are bits 8 to 15
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11110511 ecx=22220222 edx=33330333 ebx=44440444
    mov ah, 1
    mov ch, 2
    mov dh, 3
    mov bh, 4
    add ah, bh
    hlt
