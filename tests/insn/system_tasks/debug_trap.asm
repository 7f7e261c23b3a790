; The T bit of a TSS: #DB before the new task's first instruction, DR6.BT; local breakpoints are switched off
; mode: system
; manual: SDM vol. 3B, 17.3.1.5; 17.2.4
; output: PASS
%include "system.inc"
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
    mov dword [TSS2 + 100], 0x680001
    mov eax, SCRATCH
    mov dr0, eax
    mov eax, 0x00010003                 ; L0 and G0, on writes
    mov dr7, eax
    xor eax, eax
    mov dr6, eax
    mov dword [resume], .after
    mov [resume_esp], esp
    jmp SLOT:0
.after:
    fault_was 1, 0, .task
    mov eax, [recorded_dr6]
    and eax, 0xE00F
    equals eax, 0x8000
    mov eax, dr7
    and eax, 3
    equals eax, 2
    finish
.task:
    ud2
