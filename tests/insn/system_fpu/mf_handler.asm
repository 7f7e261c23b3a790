; A handler for #MF that clears the exception and lets the program go on: 100 divisions by zero at CPL 0 and at CPL 3
; mode: system
; manual: SDM vol. 1, 8.7; vol. 3A, 6.15, interrupt 16
; output: PASS
%include "system.inc"
start:
    set_gate IDT + 8 * 16, CODE32, .handler, 0xEE
    fninit
    mov word [SCRATCH], 0x37B
    fldcw [SCRATCH]
    mov ecx, 100
    call .divide
    equals [handled], 100
    equals [last_eip], .reporting
    fstp st0
    mov dword [handled], 0
    mov ecx, 100
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [handled], 100
    equals ecx, 0
    fistp dword [SCRATCH + 4]
    equals [SCRATCH + 4], 1
    finish
.handler:
    inc dword [ss:handled]
    push eax
    mov eax, [ss:esp + 4]
    mov [ss:last_eip], eax
    fnclex
    pop eax
    iretd
.divide:
    fld1
.loop:
    fldz
    fdiv st1, st0                       ; 1 / 0: nothing happens, pending
.reporting:
    fstp st0
    fld1
    faddp st1, st0
    fld1
    fsubp st1, st0
    dec ecx
    jnz .loop
    ret
.user:
    call .divide
    int 0x30
.user_end:
align 4
handled: dd 0
last_eip: dd 0
