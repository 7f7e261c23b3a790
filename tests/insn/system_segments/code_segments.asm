; Code segments: execute-only, not writable, D bit by far jump and call, limits of fetches; data through CS; conforming at inner levels; accessed bits
; mode: system
; manual: SDM vol. 3A, 3.4.5.1, 5.3 and 5.8.1
; output: PASS
%include "system.inc"
EXECUTE_ONLY equ SLOT
READABLE equ SLOT + 8
SHORT_ equ SLOT + 16
SMALL equ SLOT + 24
start:
    set_descriptor EXECUTE_ONLY, 0, 0xFFFFF, 0xC98
    set_descriptor READABLE, 0, 0xFFFFF, 0xC9A
    jmp EXECUTE_ONLY:.execute_only
.execute_only:
    faults 13, 0, mov eax, [cs:SCRATCH]
    faults 13, 0, mov [cs:SCRATCH], eax
    mov ax, EXECUTE_ONLY
    faults 13, EXECUTE_ONLY, mov ds, ax
    faults 13, EXECUTE_ONLY, mov ss, ax
    verr ax
    setz bl
    movzx ebx, bl
    equals ebx, 0
    movzx ebx, byte [gdt + EXECUTE_ONLY + 5]
    equals ebx, 0x99                    ; accessed
    jmp READABLE:.readable
.readable:
    mov dword [SCRATCH], 0x7531
    mov eax, [cs:SCRATCH]
    equals eax, 0x7531
    faults 13, 0, mov [cs:SCRATCH], eax
    faults 13, 0, inc dword [cs:SCRATCH]
    faults 13, 0, lock bts dword [cs:SCRATCH], 1
    mov ax, READABLE
    mov fs, ax
    mov eax, [fs:SCRATCH]
    equals eax, 0x7531
    faults 13, 0, mov [fs:SCRATCH], eax
    mov ax, READABLE
    faults 13, READABLE, mov ss, ax
    ; 16-bit code by JMP, CALL and RETF: operand and address sizes follow D; 100 rounds
    mov ecx, 100
    xor ebx, ebx
.loop:
    call CODE16:.small
    loop .loop
    equals ebx, 300
    jmp CODE32:.flat
.flat:
    ; a limit: the instruction that crosses it, the jump beyond it
    set_descriptor SHORT_, .short, .short_end - .short - 2, 0x49B
    mov dword [resume], .after_short
    mov [resume_esp], esp
    jmp SHORT_:0
.after_short:
    fault_was 13, 0, 2
    equals [recorded_cs], SHORT_
    faults 13, 0, jmp SHORT_:0x100
    faults 13, 0, {call SHORT_:.short_end - .short - 1}
    mov dword [resume], .after_near
    mov [resume_esp], esp
    jmp SHORT_:1
.after_near:
    fault_was 13, 0, 2
    ; near jumps beyond it fault where they are
    set_descriptor SMALL, .near, .near_end - .near - 1, 0x49B
    mov dword [resume], .after_jump
    mov [resume_esp], esp
    jmp SMALL:0
.after_jump:
    fault_was 13, 0, 1
    mov dword [resume], .after_call
    mov ebp, esp
    jmp SMALL:.near_call - .near
.after_call:
    fault_was 13, 0, .near_call - .near
    equals [recorded_gprs + 8], ebp
    mov dword [resume], .after_ret
    push dword 0x1000
    jmp SMALL:.near_ret - .near
.after_ret:
    fault_was 13, 0, .near_ret - .near
    mov dword [resume], .after_je
    jmp SMALL:.near_je - .near
.after_je:
    fault_was 13, 0, .near_je - .near + 2
    finish
.short:
    nop
    nop
    mov eax, 0x12345678                 ; its last byte lies beyond
.short_end:
.near:
    nop
    jmp near .near + 0x1000
.near_call:
    call .near + 0x1000
.near_ret:
    ret
.near_je:
    cmp eax, eax
    je near .near + 0x1000
.near_end:
bits 16
.small:
    add bx, 3
    mov eax, 0xFFFF0000
    add ax, 1
    cmp eax, 0xFFFF0001
    jne .bad
    mov si, SCRATCH
    cmp word [si], 0x7531
    jne .bad
    o32 retf
.bad:
    xor ebx, ebx
    o32 retf
bits 32
