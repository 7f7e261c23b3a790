; Call gates and interrupts to an inner level whose stack is not fit: #TS, #SS and #GP with the right selector, nothing changed
; mode: system
; manual: SDM vol. 3A, 5.8.5, 6.12.1; vol. 2A, CALL and INT n
; output: PASS
%include "system.inc"
GATE equ SLOT
GATE16 equ SLOT + 8
CODE2 equ SLOT + 16                     ; level 2: its stack is what is wrong, so that the handler (level 0) has one
STACK2 equ SLOT + 24
ODD equ SLOT + 32
INNER_STACK equ 0x7200
; vector, error code: of both kinds of call gates and of an interrupt gate; ESP and CS stay
%macro both 3                           ; vector, error code, EXT does not come in: INT n is not external
    in_user .call
    fault_was %1, %2, .call
    equals [recorded_esp], STACK3
    equals [recorded_cs], USER_CODE
    in_user .call16
    fault_was %1, %2, .call16
    in_user .int
    fault_was %1, %3, .int
    equals [recorded_esp], STACK3
%endmacro
%macro stack 2                          ; selector, ESP of level 2
    mov dword [TSS + 20], %2
    mov dword [TSS + 24], %1
%endmacro
start:
    set_descriptor CODE2, 0, 0xFFFFF, 0xCDB
    set_descriptor STACK2, 0, 0xFFFFF, 0xCD3
    set_gate gdt + GATE, CODE2, .level2, 0xEC, 2
    set_gate gdt + GATE16, CODE2, .level2, 0xE4, 2
    set_gate IDT + 8 * 0x40, CODE2, .level2, 0xEE
    stack STACK2 + 2, INNER_STACK
    in_user .call
    fault_was 0x30, 0, .level2_end
    equals [recorded_esp], INNER_STACK - 24
    equals [recorded_ss], STACK2 + 2
    equals [recorded_cs], CODE2 + 2
    in_user .call16
    fault_was 0x30, 0, .level2_end
    equals [recorded_esp], INNER_STACK - 12
    in_user .int
    fault_was 0x30, 0, .level2_end
    equals [recorded_esp], INNER_STACK - 20
    ; SS of the TSS
    stack 0, INNER_STACK
    both 10, 0, 0
    stack 2, INNER_STACK
    both 10, 0, 0
    stack 0x1232, INNER_STACK
    both 10, 0x1230, 0x1230
    stack STACK2, INNER_STACK           ; RPL
    both 10, STACK2, STACK2
    stack STACK2 + 3, INNER_STACK
    both 10, STACK2, STACK2
    stack DATA32 + 2, INNER_STACK       ; DPL
    both 10, DATA32, DATA32
    stack CODE2 + 2, INNER_STACK        ; code
    both 10, CODE2, CODE2
    set_descriptor ODD, 0, 0xFFFFF, 0xCD1 ; read-only
    stack ODD + 2, INNER_STACK
    both 10, ODD, ODD
    set_descriptor ODD, 0, 0xFFFFF, 0xC53 ; not present
    both 12, ODD, ODD
    set_descriptor ODD, 0x7000, 0x80, 0x4D3 ; too small for where ESP points
    stack ODD + 2, 0x200
    both 12, ODD, ODD
    stack ODD + 2, 8                    ; the first push fits, the others do not
    both 12, ODD, ODD
    ; no room in the TSS
    stack STACK2 + 2, INNER_STACK
    set_descriptor TASK, TSS, 22, 0x089
    mov ax, TASK
    ltr ax
    both 10, TASK, TASK
    mov byte [gdt + TASK + 5], 0x89
    set_descriptor TASK, TSS, 0x67, 0x089
    mov ax, TASK
    ltr ax
    ; the code segment: beyond its limit, not present, more privileged than allowed, not code
    set_descriptor CODE2, 0, 0x100, 0x4DB
    both 13, 0, 0
    set_descriptor CODE2, 0, 0xFFFFF, 0xC5B
    both 11, CODE2, CODE2
    set_descriptor CODE2, 0, 0xFFFFF, 0xCD3
    both 13, CODE2, CODE2
    set_descriptor CODE2, 0, 0xFFFFF, 0xCDF     ; conforming: no change of level, the caller's stack
    in_user .call
    fault_was 0x30, 0, .level2_end
    equals [recorded_cs], CODE2 + 3
    equals [recorded_esp], STACK3 - 8
    in_user .int
    fault_was 0x30, 0, .level2_end
    equals [recorded_esp], STACK3 - 12
    ; a page fault on the inner stack: an implicit supervisor write at level 2 (U/S is clear), nothing changed
    set_descriptor CODE2, 0, 0xFFFFF, 0xCDB
    enable_paging
    mov dword [PAGE_TABLE + 4 * 0x100], 0
    invlpg [0x100000]
    stack STACK2 + 2, 0x100100
    in_user .call
    fault_was 14, 2, .call
    equals [recorded_cr2], 0x1000FC
    equals [recorded_esp], STACK3
    in_user .int
    fault_was 14, 2, .int
    equals [recorded_cs], USER_CODE
    mov dword [PAGE_TABLE + 4 * 0x100], FREE_MEMORY + 7
    mov dword [PAGE_TABLE + 4 * 0xFF], 0
    invlpg [0xFF000]
    stack STACK2 + 2, 0x10000C          ; across a page boundary: some of the pushes fit
    in_user .call
    fault_was 14, 2, .call
    equals [recorded_cr2], 0xFFFFC
    equals [recorded_esp], STACK3
    mov dword [PAGE_TABLE + 4 * 0xFF], FREE_MEMORY + 0x1007
    in_user .call
    fault_was 0x30, 0, .level2_end
    equals [recorded_esp], 0x10000C - 24
    finish
.call:
    call GATE + 3:0
.call16:
    call GATE16 + 3:0
.int:
    int 0x40
.level2:
    int 0x30
.level2_end:
