; A task in virtual-8086 mode: entered by JMP with VM in its TSS, left by interrupt; its state saved by the next switch
; mode: system
; manual: SDM vol. 3A, 20.2.5 and 7.3
; output: PASS
%include "system.inc"
TSS2 equ 0x3000
TASK2 equ SLOT
start:
    set_descriptor TASK2, TSS2, 0x67, 0x089
    mov dword [TSS2 + 4], 0x7000
    mov dword [TSS2 + 8], DATA32
    mov dword [TSS2 + 32], .v86
    mov dword [TSS2 + 36], VM | IOPL(3) | 2
    mov dword [TSS2 + 44], 10
    mov dword [TSS2 + 56], 0x6800
    mov dword [TSS2 + 72], 0x111
    mov dword [TSS2 + 76], 0
    mov dword [TSS2 + 80], 0
    mov dword [TSS2 + 84], SCRATCH >> 4
    mov dword [TSS2 + 88], 0x333
    mov dword [TSS2 + 92], 0x444
    mov word [TSS2 + 102], 0x68
    set_gate IDT + 8 * 0x60, TASK, 0, 0xE5
    mov word [TSS], 0
    mov dword [resume], .out
    mov [resume_esp], esp
    jmp TASK2:0
    ; back by the JMP below
    fault_was 0x30, 0, .v86_end
    mov eax, [recorded_flags]
    and eax, VM | IOPL(3) | NT
    equals eax, VM | IOPL(3)
    equals [recorded_at], 0x7000 - 36
    equals [recorded + 28], 0x111
    equals [recorded + 32], SCRATCH >> 4
    equals [recorded + 36], 0x333
    equals [recorded + 40], 0x444
    equals [SCRATCH], 0xABCD
    equals [SCRATCH + 4], 10
    equals [recorded_gprs + 24], 0
    ; a task gate from virtual-8086 mode: VM and the selectors are in the TSS; the handler is the old task
    mov dword [TSS2 + 32], .v86_int
    mov dword [TSS2 + 36], VM | IOPL(3) | 2 | CF
    mov dword [TSS2 + 84], 0x999
    mov dword [TSS2 + 76], 0
    mov dword [TSS2 + 72], 0
    mov dword [TSS2 + 80], 0
    mov dword [TSS2 + 56], 0x6800
    jmp TASK2:0
    equals [TSS2 + 32], .v86_int_end
    mov eax, [TSS2 + 36]
    and eax, VM | IOPL(3) | CF
    equals eax, VM | IOPL(3) | CF
    movzx eax, word [TSS2 + 84]
    equals eax, 0x999
    movzx eax, word [TSS]
    equals eax, TASK2
    flags_are NT, NT | VM
    iretd                               ; on with the 8086 program
    equals [TSS2 + 40], 0x77777777
    movzx eax, word [TSS2 + 84]
    equals eax, 0x888
    finish
.out:
    jmp TASK:0
bits 16
.v86:
    inc word [4]
    dec cx
    jnz .v86
    mov word [0], 0xABCD
    int 0x30
.v86_end:
.v86_int:
    int 0x60
.v86_int_end:
    mov eax, 0x77777777
    mov bx, 0x888
    mov ds, bx
    int 0x60
