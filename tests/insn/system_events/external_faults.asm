; An external interrupt and an NMI whose delivery fails: EXT in the error code, return address of the interrupted program
; mode: system
; manual: SDM vol. 3A, 6.13 and 6.15
; output: PASS
%include "system.inc"
APIC equ 0xFEE00000
%macro request 1
    mov dword [APIC + 0x310], 0
    mov dword [APIC + 0x300], 0x4000 + (%1)
%endmacro
%macro broken 3                         ; vector, error code, IF set after `sti`
    mov dword [resume], %%after
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
    cli
    request 0x50
    nop
    sti
    nop
%%at:
    nop
%%after:
    cli
    mov dword [APIC + 0xB0], 0
    fault_was %1, %2, %%at
%endmacro
start:
    mov dword [APIC + 0xF0], 0x1FF
    set_gate IDT + 8 * 0x50, CODE32, recorder_stubs + 16 * 0x50, 0x8E
    broken 0x50, 0, 0
    set_gate IDT + 8 * 0x50, CODE32, recorder_stubs + 16 * 0x50, 0x0E
    broken 11, 8 * 0x50 + 3, 0
    set_gate IDT + 8 * 0x50, CODE32, recorder_stubs + 16 * 0x50, 0x8A
    broken 13, 8 * 0x50 + 3, 0
    set_gate IDT + 8 * 0x50, 0, 0, 0x8E
    broken 13, 1, 0
    set_gate IDT + 8 * 0x50, 0x1230, 0, 0x8E
    broken 13, 0x1231, 0
    set_descriptor SLOT, 0, 0xFFFFF, 0xC1B
    set_gate IDT + 8 * 0x50, SLOT, 0, 0x8E
    broken 11, SLOT + 1, 0
    set_gate IDT + 8 * 0x50, SLOT, 0, 0x85
    broken 13, SLOT + 1, 0
    set_gate IDT + 8 * 0x50, TASK, 0, 0x85              ; busy
    broken 13, TASK + 1, 0
    ; its DPL is not looked at
    set_gate IDT + 8 * 0x50, CODE32, recorder_stubs + 16 * 0x50, 0x8E
    mov dword [user_flags], IF | 2
    request 0x50
    in_user .user
    fault_was 0x50, 0, .user
    mov dword [APIC + 0xB0], 0
    ; the inner stack: #TS with EXT
    mov dword [TSS + 8], 0x1230
    set_gate IDT + 8 * 10, SLOT + 8, 0, 0x85
    set_descriptor SLOT + 8, 0x3000, 0x67, 0x089
    mov dword [0x3000 + 32], .ts
    mov dword [0x3000 + 36], 2
    mov dword [0x3000 + 56], 0x6800
    mov dword [0x3000 + 72], DATA32
    mov dword [0x3000 + 76], CODE32
    mov dword [0x3000 + 80], DATA32
    mov dword [0x3000 + 84], DATA32
    request 0x50
    in_user .user
.ts:
    pop eax
    equals eax, 0x1231
    equals [TSS + 32], .user
    movzx eax, word [TSS + 76]
    equals eax, USER_CODE
    mov dword [APIC + 0xB0], 0
    ; NMI
    mov dword [resume], .after_nmi
    mov [resume_esp], esp
    set_gate IDT + 8 * 2, CODE32, 0, 0x0E
    mov dword [APIC + 0x310], 0
    mov dword [APIC + 0x300], 0x4400
    nop
.after_nmi:
    fault_was 11, 8 * 2 + 3, -1
    finish
.user:
    nop
    jmp .user
