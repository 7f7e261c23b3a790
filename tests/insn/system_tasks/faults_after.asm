; Task switches that fail in the new task: LDT, CS, SS, data segments, EIP: vector, error code, and where the fault is
; mode: system
; manual: SDM vol. 3A, 7.3, table 7-1; 6.15, interrupt 10
; output: PASS
%include "system.inc"
TSS2 equ 0x3000
TASK2 equ SLOT
ODD equ SLOT + 8                        ; a descriptor that is wrong in some way
%macro fresh 0
    mov dword [TSS2 + 4], 0x7000
    mov dword [TSS2 + 8], DATA32
    mov dword [TSS2 + 32], .task
    mov dword [TSS2 + 36], 2
    mov dword [TSS2 + 56], STACK3
    mov dword [TSS2 + 72], USER_DATA
    mov dword [TSS2 + 76], USER_CODE
    mov dword [TSS2 + 80], USER_DATA
    mov dword [TSS2 + 84], USER_DATA
    mov dword [TSS2 + 88], 0
    mov dword [TSS2 + 92], USER_DATA
    mov dword [TSS2 + 96], 0
%endmacro
; vector, error code, EIP: the switch by JMP raises it in the new task, whose handler switches back
%macro new_task_fault 3
    mov dword [resume], %%in_new_task
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
    jmp TASK2:0
    jmp %%old_again
%%in_new_task:
    str ax
    mov [SCRATCH], ax
    jmp TASK:0
%%old_again:
    fault_was %1, %2, %3
    movzx eax, word [SCRATCH]
    equals eax, TASK2
    fresh
%endmacro
start:
    set_descriptor TASK2, TSS2, 0x67, 0x089
    mov word [TSS2 + 102], 0x68
    fresh
    mov dword [TSS2 + 32], .runs
    new_task_fault 0x30, 0, .runs_end
    equals [recorded_cs], USER_CODE
    equals [recorded_esp], STACK3
    equals [recorded_at], 0x7000 - 20
    ; LDT
    mov dword [TSS2 + 96], 0x1230
    new_task_fault 10, 0x1230, .task
    mov dword [TSS2 + 96], DATA32
    new_task_fault 10, DATA32, .task
    mov dword [TSS2 + 96], ODD + 4
    new_task_fault 10, ODD + 4, .task
    set_descriptor ODD, 0x3800, 0x1F, 0x002
    mov dword [TSS2 + 96], ODD
    new_task_fault 10, ODD, .task
    set_descriptor ODD, 0x3800, 0x1F, 0x082
    mov dword [TSS2 + 96], ODD
    mov dword [0x3800 + 8], 0x0000FFFF          ; a segment of it
    mov dword [0x3800 + 12], 0x00CFF300
    mov dword [TSS2 + 84], 8 + 7
    mov dword [TSS2 + 32], .runs
    new_task_fault 0x30, 0, .runs_end
    ; CS
    mov dword [TSS2 + 76], 3
    new_task_fault 10, 0, .task
    mov dword [TSS2 + 76], 0x1233
    new_task_fault 10, 0x1230, .task
    mov dword [TSS2 + 76], USER_DATA
    new_task_fault 10, USER_DATA & ~3, .task
    mov dword [TSS2 + 76], CODE32 + 3           ; DPL 0
    new_task_fault 10, CODE32, .task
    set_descriptor ODD, 0, 0xFFFFF, 0xC7A
    mov dword [TSS2 + 76], ODD + 3
    new_task_fault 11, ODD, .task
    equals [recorded_cs], ODD + 3
    set_descriptor ODD, 0, 0xFFFFF, 0xC9E       ; conforming, DPL 0
    mov dword [TSS2 + 76], ODD + 3
    mov dword [TSS2 + 32], .runs
    new_task_fault 0x30, 0, .runs_end
    ; SS
    mov dword [TSS2 + 80], 0
    new_task_fault 10, 0, .task
    mov dword [TSS2 + 80], 0x1233
    new_task_fault 10, 0x1230, .task
    mov dword [TSS2 + 80], DATA32 + 3           ; DPL 0
    new_task_fault 10, DATA32, .task
    mov dword [TSS2 + 80], USER_DATA & ~3       ; RPL 0
    new_task_fault 10, USER_DATA & ~3, .task
    mov dword [TSS2 + 80], USER_CODE
    new_task_fault 10, USER_CODE & ~3, .task
    set_descriptor ODD, 0, 0xFFFFF, 0xCF0       ; read-only
    mov dword [TSS2 + 80], ODD + 3
    new_task_fault 10, ODD, .task
    set_descriptor ODD, 0, 0xFFFFF, 0xC72
    mov dword [TSS2 + 80], ODD + 3
    new_task_fault 12, ODD, .task
    ; data
    mov dword [TSS2 + 84], DATA32
    new_task_fault 10, DATA32, .task
    mov dword [TSS2 + 72], 0x1233
    new_task_fault 10, 0x1230, .task
    set_descriptor ODD, 0, 0xFFFFF, 0xCF8       ; execute-only
    mov dword [TSS2 + 88], ODD + 3
    new_task_fault 10, ODD, .task
    mov dword [TSS2 + 92], TASK
    new_task_fault 10, TASK, .task
    set_descriptor ODD, 0, 0xFFFFF, 0xC72
    mov dword [TSS2 + 92], ODD + 3
    new_task_fault 11, ODD, .task
    ; EIP beyond the limit
    set_descriptor ODD, 0, 0x1000, 0x4FB
    mov dword [TSS2 + 76], ODD + 3
    new_task_fault 13, 0, .task
    finish
.task:
    ud2
.runs:
    int 0x30
.runs_end:
