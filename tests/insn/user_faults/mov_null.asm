; #GP(0): a null segment
; manual: SDM vol. 3A, 5.4.1
; init: eax=12345678 flags=0
; fault: 13 at here
; expect: eax=12345678
    xor ecx, ecx
    mov fs, cx
here:
    mov eax, [fs:data]
    hlt
