; Interrupts and calls from CPL 3 to CPL 1 with a bad inner stack: #TS and #SS with its selector, on the stack of CPL 0
; mode: system
; manual: SDM vol. 2A, INT n (INTER-PRIVILEGE-LEVEL-INTERRUPT), CALL (MORE-PRIVILEGE); vol. 3A, 6.15, #TS, table 6-6
; output: PASS
%include "system.inc"
CODE1 equ SLOT | 1
DATA1 equ (SLOT + 8) | 1
GATE equ (SLOT + 16) | 3
OTHER equ SLOT + 24
ESP1 equ TSS + 12
SS1 equ TSS + 16
%macro both_fault 2             ; VECTOR, ERROR
    in_user user_interrupt
    fault_was %1, %2, user_interrupt
    equals [recorded_cs], USER_CODE
    equals [recorded_esp], STACK3
    in_user user_call
    fault_was %1, %2, user_call
    equals [recorded_cs], USER_CODE
    equals [recorded_esp], STACK3
%endmacro
start:
    set_descriptor CODE1, 0, 0xFFFFF, 0xCBB
    set_descriptor DATA1, 0, 0xFFFFF, 0xCB3
    set_gate IDT + 8 * 0x40, CODE1, inner, 0xEE
    set_gate gdt + (GATE & ~3), CODE1, inner, 0xEC, 1
    mov dword [ESP1], SCRATCH + 0x800
    mov dword [SS1], DATA1
    in_user user_interrupt                                      ; a good one
    fault_was 0x30, 0, inner.end
    equals [recorded_cs], CODE1
    equals [recorded_ss], DATA1
    equals [recorded_esp], SCRATCH + 0x800 - 20
    in_user user_call
    fault_was 0x30, 0, inner.end
    equals [recorded_cs], CODE1
    equals [recorded_esp], SCRATCH + 0x800 - 20
    mov dword [SS1], 0                                          ; null
    both_fault 10, 0
    mov dword [SS1], DATA1 & ~3                                 ; RPL 0
    both_fault 10, DATA1 & ~3
    mov dword [SS1], (gdt_end - gdt) | 1                        ; beyond the table
    both_fault 10, gdt_end - gdt
    mov dword [SS1], OTHER | 1
    set_descriptor OTHER, 0, 0xFFFFF, 0xCD3                     ; DPL 2
    both_fault 10, OTHER
    set_descriptor OTHER, 0, 0xFFFFF, 0xCB1                     ; read-only
    both_fault 10, OTHER
    set_descriptor OTHER, 0, 0xFFFFF, 0xCBB                     ; code
    both_fault 10, OTHER
    set_descriptor OTHER, 0, 0xFFFFF, 0xC33                     ; not present: #SS
    both_fault 12, OTHER
    set_descriptor OTHER, 0, 0x0FF, 0x4B3                       ; no room: #SS
    both_fault 12, OTHER
    mov dword [SS1], DATA1                                      ; the TSS ends before SS1
    set_descriptor TASK, TSS, 16, 0x089
    mov ax, TASK
    ltr ax
    both_fault 10, TASK
    set_descriptor TASK, TSS, 19, 0x089
    mov ax, TASK
    ltr ax
    in_user user_interrupt
    fault_was 0x30, 0, inner.end
    finish
user_interrupt:
    int 0x40
    ud2
user_call:
    call GATE:0
    ud2
inner:
    int 0x30
.end:
