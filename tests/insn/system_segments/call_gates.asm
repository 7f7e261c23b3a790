; Call gates from CPL 3: stack switch, copied parameters, return with release, privilege checks
; mode: system
; manual: SDM vol. 3A, 5.8.3 to 5.8.6
; output: PASS
%include "system.inc"
start:
    set_gate gdt + SLOT, CODE32, gate32, 0xEC, 2                ; 32-bit gate, DPL 3, two parameters
    set_gate gdt + SLOT + 8, CODE32, gate16, 0xE4, 1            ; 16-bit gate, one parameter
    set_gate gdt + SLOT + 16, CODE32, gate32, 0x8C, 0           ; DPL 0
    set_gate gdt + SLOT + 24, CODE32, gate32, 0x6C, 0           ; not present
    set_gate gdt + SLOT + 32, 0, gate32, 0xEC, 0                ; null code selector
    set_gate gdt + SLOT + 40, DATA32, gate32, 0xEC, 0           ; not code
    in_user user
    fault_was 0x30, 0, user.end
    equals [SCRATCH], CODE32
    equals [SCRATCH + 4], 0x11112222
    equals [SCRATCH + 8], 0x33334444
    equals [SCRATCH + 12], STACK0_INNER - 24
    equals [SCRATCH + 16], DATA32
    equals [SCRATCH + 20], USER_CODE
    equals [SCRATCH + 24], STACK3 - 8
    equals [SCRATCH + 28], USER_DATA
    equals [SCRATCH + 32], 0x5678
    equals [SCRATCH + 36], STACK0_INNER - 10
    equals [SCRATCH + 40], STACK3
    in_user user_dpl
    fault_was 13, SLOT + 16, user_dpl
    in_user user_absent
    fault_was 11, SLOT + 24, user_absent
    in_user user_null
    fault_was 13, 0, user_null
    in_user user_data
    fault_was 13, DATA32, user_data
    in_user user_jump                                           ; JMP does not change the privilege
    fault_was 13, CODE32, user_jump
    finish
user:
    push dword 0x33334444
    push dword 0x11112222
    call SLOT:0xDEAD                                            ; the offset is ignored
    mov [SCRATCH + 40], esp
    push word 0x5678
    call SLOT + 8:0
    cmp esp, STACK3
    jne .bad
    int 0x30
.end:
.bad:
    ud2
user_dpl: call SLOT + 16:0
user_absent: call SLOT + 24:0
user_null: call SLOT + 32:0
user_data: call SLOT + 40:0
user_jump: jmp SLOT:0
gate32:
    mov [SCRATCH], cs
    mov eax, [esp + 8]
    mov [SCRATCH + 4], eax
    mov eax, [esp + 12]
    mov [SCRATCH + 8], eax
    mov [SCRATCH + 12], esp
    mov [SCRATCH + 16], ss
    mov eax, [esp + 4]
    mov [SCRATCH + 20], eax
    mov eax, [esp + 16]
    mov [SCRATCH + 24], eax
    mov eax, [esp + 20]
    mov [SCRATCH + 28], eax
    retf 8
gate16:
    movzx eax, word [esp + 4]
    mov [SCRATCH + 32], eax
    mov [SCRATCH + 36], esp
    o16 retf 2
