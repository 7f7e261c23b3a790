; DR7.GD and MOV to and from debug registers at CPL 3: the privilege is checked first
; mode: system
; manual: SDM vol. 2B, MOV (debug registers); vol. 3B, 17.2.4
; bochs: it raises #DB first
; output: PASS
%include "system.inc"
start:
    ; the handler must not touch the registers before GD is off
    set_gate IDT + 8 * 13, CODE32, .no_look, 0x8E
    mov eax, 0x2000
    mov dr7, eax
    mov [resume_esp], esp
    push dword USER_DATA
    push dword STACK3
    push dword 2
    push dword USER_CODE
    push dword .user_dr
    iretd
.no_look:
    mov ax, DATA32
    mov ds, ax
    mov ebx, [ss:esp + 4]
    mov ecx, [ss:esp]
    mov esp, [resume_esp]
    equals ebx, .user_dr
    equals ecx, 0
    set_gate IDT + 8 * 13, CODE32, recorder_stubs + 16 * 13, 0xEE
    faults 1, 0, mov eax, dr1
    finish
.user_dr:
    mov eax, dr0
