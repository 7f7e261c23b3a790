; A descriptor counts only if all of its eight bytes are within the limit of its table, for loads and for VERR and LAR
; mode: system
; manual: SDM vol. 3A, 3.4.2 and 3.5.1; vol. 2, LAR, MOV to a segment register
; output: PASS
%include "system.inc"
LAST equ SLOT + 23 * 8
LOCAL_TABLE equ SLOT
LOCAL equ 0x08 | 4
start:
    set_descriptor LAST, 0, 0xFFFFF, 0xC93
    mov eax, LAST
    mov fs, ax
    verr ax
    setz bl
%assign missing 1
%rep 7
    sub word [small], missing
    lgdt [small]
    add word [small], missing
    faults 13, LAST, mov fs, ax
    verr ax
    setz bh
    lar ecx, eax
    setz cl
    lgdt [gdt_pointer]
    movzx edx, bh
    equals edx, 0
    movzx edx, cl
    equals edx, 0
%assign missing missing + 1
%endrep
    mov fs, ax
    movzx edx, bl
    equals edx, 1
    set_descriptor LOCAL_TABLE, local, 15, 0x082                ; the same in a local table
    mov cx, LOCAL_TABLE
    lldt cx
    mov eax, LOCAL
    mov fs, ax
    set_descriptor LOCAL_TABLE, local, 14, 0x082
    lldt cx
    faults 13, LOCAL, mov fs, ax
    set_descriptor LOCAL_TABLE, local, 8, 0x082
    lldt cx
    faults 13, LOCAL, mov fs, ax
    finish
align 8
small:
    dw gdt_end - gdt - 1
    dd gdt
local:
    dq 0
    dq 0x00CF93000000FFFF
