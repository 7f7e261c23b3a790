; 16-bit code: a push that wraps to FFFE; a dword at SP 1: #SS(0)
; manual: SDM vol. 2B, PUSH
; mode: 16
; init: flags=0
; fault: 12 at here
; expect: ecx=2222FFFE
    xor sp, sp
    push ax
    mov cx, sp
    mov sp, 1
here:
    push eax
    hlt
