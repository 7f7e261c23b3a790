; CPL 3 with an inner stack that does not exist: #TS, #TS again, #DF without a stack: shutdown
; mode: system
; manual: SDM vol. 3A, 6.15, interrupts 8 and 10
; output: T
; exit: shutdown
%include "system.inc"
start:
    mov al, 'T'
    out 0xE9, al
    mov dword [TSS + 8], 0
    push dword USER_DATA
    push dword STACK3
    push dword 2
    push dword USER_CODE
    push dword .user
    iretd
.user:
    int 0x30
    mov al, 'X'
    out 0xE9, al
