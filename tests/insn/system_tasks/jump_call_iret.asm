; Task switches by JMP, CALL and IRET; nested tasks; 16-bit TSS; busy bits, back links, CR0.TS, T bit, DR7
; mode: system
; manual: SDM vol. 3A, 7.2 to 7.4
; output: PASS
%include "system.inc"
TSS2 equ 0x3000
TSS16 equ 0x3200
TASK2 equ SLOT
TASK16 equ SLOT + 8
GATE equ SLOT + 16
%macro fill_tss32 3 ; address, EIP, ESP
    mov dword [%1 + 32], %2
    mov dword [%1 + 36], 2
    mov dword [%1 + 56], %3
    mov dword [%1 + 40], 0xEA0EA0EA
    mov dword [%1 + 72], DATA32
    mov dword [%1 + 76], CODE32
    mov dword [%1 + 80], DATA32
    mov dword [%1 + 84], DATA32
    mov dword [%1 + 88], 0
    mov dword [%1 + 92], 0
    mov word [%1 + 102], 0x68
%endmacro
start:
    set_descriptor TASK2, TSS2, 0x67, 0x089
    set_descriptor TASK16, TSS16, 0x2B, 0x081
    set_gate gdt + GATE, TASK2, 0, 0x85, 0
    fill_tss32 TSS2, .task2, 0x6800
    clts
    mov ebx, 0xB0B0B0B0
    call TASK2:0x1234                           ; nested
    equals [SCRATCH], TASK                      ; the back link
    equals [SCRATCH + 4], NT
    equals [SCRATCH + 8], 8                     ; CR0.TS
    equals [SCRATCH + 12], 0xEA0EA0EA           ; EAX from the TSS
    equals [SCRATCH + 16], TASK2                ; STR
    equals [SCRATCH + 20], 0x8B00               ; the caller stays busy
    equals [SCRATCH + 24], 0x8B00
    equals ebx, 0xB0B0B0B0                      ; and has its registers back
    lar eax, [.selector2]
    and eax, 0xFF00
    equals eax, 0x8900                          ; available again
    str ax
    movzx eax, ax
    equals eax, TASK
    equals [TSS2 + 32], .task2_again            ; where its IRET was to go on
    mov eax, [TSS2 + 36]
    and eax, NT
    equals eax, 0                               ; IRET saves NT clear
    ; JMP through a task gate: no nesting, and the task continues behind its IRET
    jmp GATE:0
    equals [SCRATCH + 28], 0
    equals [SCRATCH + 32], 0x8900               ; the old task is available
    ; a call to a busy task
    faults 13, TASK, call TASK:0
    ; 16-bit TSS
    mov word [TSS16 + 14], .task16
    mov word [TSS16 + 16], 2
    mov word [TSS16 + 18], 0xAAAA
    mov word [TSS16 + 26], 0x6800
    mov word [TSS16 + 34], DATA32
    mov word [TSS16 + 36], CODE32
    mov word [TSS16 + 38], DATA32
    mov word [TSS16 + 40], DATA32
    call TASK16:0
    equals [SCRATCH + 36], TASK
    equals [SCRATCH + 40], 0xAAAA
    movzx eax, word [TSS16 + 14]
    equals eax, .task16_end
    ; too small a TSS
    set_descriptor TASK2, TSS2, 0x66, 0x089
    faults 10, TASK2, jmp TASK2:0
    set_descriptor TASK2, TSS2, 0x67, 0x009
    faults 11, TASK2, jmp TASK2:0
    finish
.task2:
    mov [SCRATCH + 12], eax
    movzx eax, word [TSS2]
    mov [SCRATCH], eax
    pushfd
    pop eax
    and eax, NT
    mov [SCRATCH + 4], eax
    mov eax, cr0
    and eax, 8
    mov [SCRATCH + 8], eax
    xor eax, eax
    str ax
    mov [SCRATCH + 16], eax
    lar eax, [.selector]
    and eax, 0xFF00
    mov [SCRATCH + 20], eax
    lar eax, [.selector2]
    and eax, 0xFF00
    mov [SCRATCH + 24], eax
    mov ebx, 0
    iretd
.task2_again:
    pushfd
    pop eax
    and eax, NT
    mov [SCRATCH + 28], eax
    lar eax, [.selector]
    and eax, 0xFF00
    mov [SCRATCH + 32], eax
    jmp TASK:0
.task16:
    movzx ecx, word [TSS16]
    mov [SCRATCH + 36], ecx
    and eax, 0xFFFF
    mov [SCRATCH + 40], eax
    iretd
.task16_end:
.selector: dw TASK
.selector2: dw TASK2
