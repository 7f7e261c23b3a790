; MOV SS that hits a data breakpoint, then INT n: the trap comes before the handler's first instruction, from CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3A, 6.8.3; vol. 3B, 17.3.1.2
; bochs: it keeps the trap until the handler has returned
; output: PASS
%include "system.inc"
%include "debug.inc"
start:
    mov dword [returning], 2
    mov dword [SCRATCH], DATA32
    break_on 0, SCRATCH, ACCESS4
    mov dword [events], 0
    ; INT n: the trap comes at the handler's first instruction
    set_gate IDT + 8 * 0x60, CODE32, .handler, 0xEE
    mov ss, [SCRATCH]
    int 0x60
.c: nop
    equals [trace + 4], .handler
    events_are 1
    dr6_is 1
    ; the same from CPL 3
    mov dword [SCRATCH], USER_DATA
    mov dword [events], 0
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [trace + 4], .handler
    no_breaks
    finish
.handler:
    nop
    iretd
.user:
    mov ss, [SCRATCH]
    int 0x60
    nop
    int 0x30
.user_end:
