; Four tasks, each nested in the one before by CALL, INT and CALL through a task gate, and IRET all the way back; 30 rounds
; mode: system
; manual: SDM vol. 3A, 7.2.1, 7.3 and 7.4
; output: PASS
%include "system.inc"
%macro task 3                           ; n, EIP, ESP
    set_descriptor SLOT + 8 * %1, 0x3000 + 0x80 * %1, 0x67, 0x089
    mov dword [0x3000 + 0x80 * %1 + 32], %2
    mov dword [0x3000 + 0x80 * %1 + 36], 2
    mov dword [0x3000 + 0x80 * %1 + 56], %3
    mov dword [0x3000 + 0x80 * %1 + 72], DATA32
    mov dword [0x3000 + 0x80 * %1 + 76], CODE32
    mov dword [0x3000 + 0x80 * %1 + 80], DATA32
    mov dword [0x3000 + 0x80 * %1 + 84], DATA32
    mov dword [0x3000 + 0x80 * %1 + 88], 0
    mov dword [0x3000 + 0x80 * %1 + 92], 0
    mov word [0x3000 + 0x80 * %1 + 102], 0x68
%endmacro
%define TSS_(n) (0x3000 + 0x80 * (n))
%macro nested_iret 3                    ; vector, error code, instruction
    push dword NT | 2
    popfd
    faults %1, %2, %3
%endmacro
GATE equ SLOT + 8 * 8
start:
    task 0, .first, 0x6100
    task 1, .second, 0x6200
    task 2, .third, 0x6300
    set_gate IDT + 8 * 0x60, SLOT + 8, 0, 0x85
    set_gate gdt + GATE, SLOT + 16, 0, 0x85
    mov ecx, 30
    mov ebx, 0x1234
.loop:
    clts
    stc
    call SLOT:0
    jnc .wrong
    dec ecx
    jnz .loop
.wrong:
    equals ecx, 0
    equals ebx, 0x1234
    equals [SCRATCH], 30
    equals [SCRATCH + 4], 30
    equals [SCRATCH + 8], 30
    ; what the third saw: all four busy, back links, NT and TS
    equals [SCRATCH + 16], 0x8B8B8B8B
    equals [SCRATCH + 20], (SLOT << 16) + TASK
    equals [SCRATCH + 24], SLOT + 8
    equals [SCRATCH + 28], NT
    mov eax, cr0
    and eax, CR0_TS
    equals eax, CR0_TS
    ; all available again, but for ours
    mov eax, [gdt + SLOT + 5]
    mov ah, [gdt + SLOT + 8 + 5]
    movzx eax, ax
    equals eax, 0x8989
    movzx eax, byte [gdt + SLOT + 16 + 5]
    equals eax, 0x89
    movzx eax, byte [gdt + TASK + 5]
    equals eax, 0x8B
    ; NT is clear in ours; IRET with NT and a back link to a task that is not busy
    flags_are 0, NT
    mov word [TSS], SLOT
    nested_iret 10, SLOT, iretd
    mov word [TSS], 0
    nested_iret 10, 0, iretd
    mov word [TSS], CODE32
    nested_iret 10, CODE32, iretd
    mov word [TSS], 0x1230
    nested_iret 10, 0x1230, iretd
    mov word [TSS], SLOT + 4                        ; in the LDT
    nested_iret 10, SLOT + 4, iretd
    mov byte [gdt + SLOT + 5], 0x0B                 ; busy but absent
    mov word [TSS], SLOT
    nested_iret 11, SLOT, iretd
    nested_iret 11, SLOT, iretw
    push dword 2
    popfd
    ; an interrupt through a gate clears NT for its handler, whose IRET is an ordinary one
    set_gate IDT + 8 * 0x70, CODE32, .handler, 0x8E
    push dword NT | 2
    popfd
    int 0x70
    flags_are NT, NT
    push dword 2
    popfd
    finish
.handler:
    flags_are 0, NT
    iretd
.first:
    inc dword [SCRATCH]
    int 0x60
    iretd
    jmp .first
.second:
    inc dword [SCRATCH + 4]
    call GATE:0
    iretd
    jmp .second
.third:
    inc dword [SCRATCH + 8]
    mov al, [gdt + SLOT + 5]
    mov ah, [gdt + SLOT + 8 + 5]
    shl eax, 16
    mov al, [gdt + SLOT + 16 + 5]
    mov ah, [gdt + TASK + 5]
    mov [SCRATCH + 16], eax
    mov ax, [TSS_(0)]
    mov [SCRATCH + 20], ax
    mov ax, [TSS_(1)]
    mov [SCRATCH + 22], ax
    movzx eax, word [TSS_(2)]
    mov [SCRATCH + 24], eax
    pushfd
    pop eax
    and eax, NT
    mov [SCRATCH + 28], eax
    iretd
    jmp .third
