; A page fault whose gate, stack and double fault handler are not there: the third ends in shutdown, from CPL 3
; mode: system
; manual: SDM vol. 3A, 6.15, interrupt 8
; output: T
; exit: shutdown
%include "system.inc"
start:
    enable_paging
    mov al, 'T'
    out 0xE9, al
    mov dword [PAGE_TABLE + 4 * (IDT >> 12)], 0
    invlpg [IDT]
    push dword USER_DATA
    push dword STACK3
    push dword 2
    push dword USER_CODE
    push dword .user
    iretd
.user:
    mov eax, [0x800000]
    mov al, 'X'
    out 0xE9, al
