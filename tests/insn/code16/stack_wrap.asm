; SP wraps: a push at 0 goes to FFFE, a pop at FFFE comes to 0; ESP's upper half stays
; manual: SDM vol. 1, 6.2.3
; mode: 16
; init: esp=ABCD0000
; expect: eax=0 esp=ABCD0000
%include "user16.inc"
    push word 0x1234
    is sp, 0xFFFE
    is word [0xFFFE], 0x1234
    is esp, 0xABCDFFFE
    pop ax
    is ax, 0x1234
    is sp, 0
    push dword 0x12345678
    is sp, 0xFFFC
    push sp
    pop ax
    is ax, 0xFFFC
    pop ebx
    is ebx, 0x12345678
    mov cx, 100
.loop:
    push cx
    push ecx
    pop edx
    pop dx
    loop .loop
    passed
