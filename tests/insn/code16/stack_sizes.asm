; ENTER, LEAVE, PUSHA, POPA, PUSHF, CALL and RET of both sizes on a 16-bit stack
; manual: SDM vol. 2; vol. 1, 6.2.3
; mode: 16
; init: esp=F000
; expect: eax=0 esp=F000
%include "user16.inc"
    mov ebp, 0xBBBB1234
    o16 enter 8, 0
    is sp, 0xF000 - 2 - 8
    is bp, 0xF000 - 2
    is word [bp], 0x1234
    leave
    is sp, 0xF000
    is ebp, 0xBBBB1234
    o32 enter 8, 0
    is sp, 0xF000 - 4 - 8
    is dword [bp], 0xBBBB1234
    o32 leave
    is sp, 0xF000
    is ebp, 0xBBBB1234
    mov bp, 0xE000
    mov word [0xE000 - 2], 0x1111
    mov word [0xE000 - 4], 0x2222
    enter 4, 3
    is sp, 0xF000 - 2 - 4 - 2 - 4
    is word [0xF000 - 4], 0x1111
    is word [0xF000 - 6], 0x2222
    is word [0xF000 - 8], 0xF000 - 2
    leave
    mov eax, 0xA0A0A0A1
    mov ecx, 0xC0C0C0C1
    mov edi, 0xD1D1D1D1
    pusha
    is sp, 0xF000 - 16
    mov ecx, 0x99999999
    popa
    is ecx, 0x9999C0C1
    pushad
    is sp, 0xF000 - 32
    is dword [0xF000 - 4], 0xA0A0A0A1
    is dword [0xF000 - 8], 0x9999C0C1
    is dword [0xF000 - 32], 0xD1D1D1D1
    popad
    is sp, 0xF000
    call near .callee
.returned:
    is bx, .returned
    call dword .callee32
.returned32:
    is ebx, .returned32
    push word 1
    push word 2
    push word 3
    call .callee_pops
    is sp, 0xF000
    mov cx, 100
.loop:
    push cx
    push dword 5
    call .callee_pops
    loop .loop
    is sp, 0xF000
    push sp
    pop ax
    is ax, 0xF000
    stc
    pushf
    clc
    popf
    flags_are 1, 1
    pushfd
    pop ax
    pop dx
    and dx, 0x1B
    is dx, 0
    ; an indirect call through memory
    mov word [data], .callee
    call [data]
.returned2:
    is bx, .returned2
    mov ax, .callee
    call ax
.returned3:
    is bx, .returned3
    mov dword [data], .callee32
    call dword [data]
.returned4:
    is ebx, .returned4
    passed
.callee:
    mov bp, sp
    mov bx, [bp]
    ret
.callee32:
    mov bp, sp
    mov ebx, [bp]
    o32 ret
.callee_pops:
    ret 6
