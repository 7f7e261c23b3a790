; The T bit: after JMP, CALL, INT and IRET to a task, in 32-bit TSSs; DR7's local enables; RF from a TSS
; mode: system
; manual: SDM vol. 3B, 17.3.1.5 and 17.2.4; vol. 3A, 7.3
; output: PASS
%include "system.inc"
%include "debug.inc"
TSS2 equ 0x3000
start:
    set_descriptor SLOT, TSS2, 0x67, 0x089
    mov dword [TSS2 + 32], .task
    mov dword [TSS2 + 36], 2
    mov dword [TSS2 + 56], 0x6800
    mov dword [TSS2 + 72], DATA32
    mov dword [TSS2 + 76], CODE32
    mov dword [TSS2 + 80], DATA32
    mov dword [TSS2 + 84], DATA32
    mov dword [TSS2 + 88], 0
    mov dword [TSS2 + 92], 0
    mov dword [TSS2 + 100], 0x680001
    set_gate IDT + 8 * 0x60, SLOT, 0, 0x85
    mov dword [returning], 2
    mov dword [events], 0
    xor eax, eax
    mov dr6, eax
    ; 10 times by CALL, 10 times by INT: one trap each, at the task's next instruction
    mov ecx, 10
.loop:
    call SLOT:0
    int 0x60
    loop .loop
    equals [runs], 20
    equals [events], 20
    equals [trace + 4], .task
    equals [trace + 12], .task_again
    dr6_is 0x8000
    ; the trap on the way back: our own TSS
    mov dword [TSS2 + 100], 0x680000
    mov dword [TSS + 100], 0x680001
    mov dword [events], 0
    call SLOT:0
.back:
    equals [trace + 4], .back
    events_are 1
    dr6_is 0x8000
    mov dword [TSS + 100], 0x680000
    ; local enables are cleared by a switch, global ones stay
    mov eax, SCRATCH
    mov dr0, eax
    mov dr1, eax
    mov eax, 0x00110000 | 1 | 8 | 4 | 0x300
    mov dr7, eax
    call SLOT:0
    mov eax, dr7
    equals eax, 0x00110000 | 8 | 0x200 | 0x400
    mov byte [SCRATCH], 1
    events_are 1
    mov eax, [recorded_dr6]             ; B0 may be set too: it matches
    and eax, 0xE00E
    equals eax, 2
    xor eax, eax
    mov dr7, eax
    ; RF in the new task's EFLAGS keeps an instruction breakpoint from its first instruction
    mov eax, .first
    mov dr0, eax
    mov eax, 2
    mov dr7, eax
    mov dword [TSS2 + 32], .first
    mov dword [TSS2 + 36], RF | 2
    call SLOT:0
    events_are 0
    finish
.task:
    inc dword [runs]
    iretd
.task_again:
    jmp .task
.first:
    nop
    iretd
align 4
runs: dd 0
