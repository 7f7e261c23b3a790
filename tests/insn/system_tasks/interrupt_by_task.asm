; A task gate in the IDT: #GP handled by another task with the error code on its stack, and IRET back
; mode: system
; manual: SDM vol. 3A, 6.12.2 and 7.3
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
    set_gate IDT + 13 * 8, SLOT, 0, 0x85, 0
    mov eax, 0x2340
.faulting:
    mov fs, ax                      ; #GP(2340h): the handler changes EAX in our TSS to zero
    equals eax, 0
    equals [SCRATCH], 0x2340
    equals [SCRATCH + 4], .faulting
    equals [SCRATCH + 8], 0x67FC
    equals [SCRATCH + 12], TASK
    mov eax, 0x5678
    mov fs, ax                      ; the second time it goes on behind its IRET
    equals [SCRATCH], 0x5678
    finish
.task:
    mov [SCRATCH + 8], esp
    pop dword [SCRATCH]
    mov eax, [TSS + 32]
    mov [SCRATCH + 4], eax
    mov dword [TSS + 40], 0
    movzx eax, word [TSS2]
    mov [SCRATCH + 12], eax
    iretd
    jmp .task
