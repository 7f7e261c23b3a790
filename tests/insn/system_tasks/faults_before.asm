; Task switches that fail while the old task is still current: privilege, type, presence, LDT, page faults on the TSS
; mode: system
; manual: SDM vol. 3A, 7.2.2 to 7.3, table 7-1
; output: PASS
%include "system.inc"
TSS2 equ 0x3000
TASK2 equ SLOT
GATE equ SLOT + 8
LOCAL equ SLOT + 16
start:
    set_descriptor TASK2, TSS2, 0x67, 0x089
    set_gate gdt + GATE, TASK2, 0, 0x85
    mov dword [TSS2 + 32], .unwanted
    ; privilege: DPL of the TSS or the gate against CPL and RPL
    user_faults 13, TASK2, {call TASK2:0}
    user_faults 13, TASK2, {jmp TASK2 + 3:0}
    user_faults 13, GATE, {call GATE:0}
    user_faults 13, GATE, {jmp GATE:0}
    faults 13, TASK2, {call TASK2 + 3:0}                ; RPL 3, DPL 0
    faults 13, GATE, {jmp GATE + 1:0}
    set_gate gdt + GATE, TASK2, 0, 0x05
    faults 11, GATE, {jmp GATE:0}
    faults 11, GATE, {call GATE:0}
    ; a gate to something else
    set_gate gdt + GATE, CODE32, 0, 0x85
    faults 13, CODE32, {jmp GATE:0}
    set_gate gdt + GATE, 0, 0, 0x85
    faults 13, 0, {jmp GATE:0}
    set_gate gdt + GATE, 0x1230, 0, 0x85
    faults 13, 0x1230, {call GATE:0}
    set_gate gdt + GATE, TASK2 + 4, 0, 0x85             ; TI
    faults 13, TASK2 + 4, {call GATE:0}
    set_gate IDT + 8 * 0x60, TASK2 + 4, 0, 0xE5
    faults 13, TASK2 + 4, int 0x60
    set_gate IDT + 8 * 0x60, TASK2, 0, 0x05
    faults 11, 0x60 * 8 + 2, int 0x60
    set_gate IDT + 8 * 0x60, TASK2, 0, 0x85
    user_faults 13, 0x60 * 8 + 2, int 0x60
    ; a TSS in the LDT
    set_descriptor LOCAL, 0x3800, 0x1F, 0x082
    mov ax, LOCAL
    lldt ax
    mov dword [0x3800 + 8], TSS2 << 16 | 0x67
    mov dword [0x3800 + 12], 0x8900
    faults 13, 8 + 4, {jmp 8 + 4:0}
    faults 13, 8 + 4, {call 8 + 4:0}
    xor eax, eax
    lldt ax
    ; the old TSS cannot be written, the new one not be read: the page fault is the old task's
    enable_paging
    set_descriptor TASK2, 0x100000, 0x67, 0x089
    mov dword [PAGE_TABLE + 4 * 0x100], 0
    invlpg [0x100000]
    faults 14, 0, {call TASK2:0}
    equals [recorded_cr2], 0x100000
    faults 14, 0, {jmp TASK2:0}
    user_faults 13, TASK2, {jmp TASK2 + 3:0}
    mov byte [gdt + TASK2 + 5], 0xE9                    ; DPL 3
    user_faults 14, 0, {jmp TASK2 + 3:0}                ; a supervisor's access
    movzx eax, byte [gdt + TASK + 5]
    equals eax, 0x8B
    movzx eax, byte [gdt + TASK2 + 5]
    equals eax, 0xE9
    str ax
    movzx eax, ax
    equals eax, TASK
    mov eax, cr0
    and eax, CR0_TS
    equals eax, 0
    finish
.unwanted:
    ud2
