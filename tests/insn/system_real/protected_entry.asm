; 100 round trips between real and protected mode; LMSW sets PE and cannot clear it; SMSW, SGDT, SIDT, MOV CR0 in real mode
; mode: system
; manual: SDM vol. 3A, 9.9; vol. 2A, LMSW and SMSW
; output: PASS
%include "system.inc"
start:
    mov ecx, 100
    xor edi, edi
.loop:
    push ecx
    to_real DATA16
    inc edi
    smsw dx
    and dx, 1
    jz .is_real
    mov edi, 0x1000
.is_real:
    to_protected
    inc edi
    pop ecx
    dec ecx
    jnz .loop
    equals edi, 200
    to_real DATA16
    sgdt [SCRATCH]
    movzx eax, word [SCRATCH]
    real_equals eax, gdt_end - gdt - 1
    real_equals [SCRATCH + 2], gdt
    sidt [SCRATCH]
    movzx eax, word [SCRATCH]
    real_equals eax, 0x3FF
    ; protected-mode instructions
    real_faults 6, sldt ax
    real_faults 6, str ax
    real_faults 6, lldt ax
    real_faults 6, ltr ax
    real_faults 6, verr ax
    real_faults 6, verw ax
    real_faults 6, lar ax, bx
    real_faults 6, lsl ax, bx
    real_faults 6, arpl ax, bx
    real_faults 13, sysenter
    real_faults 13, sysexit
    real_faults 6, {db 0x8E, 0xC8}      ; MOV CS, AX
    clts
    invlpg [0]
    wbinvd
    ; LGDT takes 24 bits of base with a 16-bit operand size, 32 with 66
    mov word [SCRATCH], 0x27
    mov dword [SCRATCH + 2], 0xFF000000 + gdt
    lgdt [SCRATCH]
    sgdt [SCRATCH + 8]
    real_equals [SCRATCH + 10], gdt
    o32 lgdt [SCRATCH]
    sgdt [SCRATCH + 8]
    real_equals [SCRATCH + 10], 0xFF000000 + gdt
    lgdt [gdt_pointer]
    ; LMSW
    smsw ax
    or ax, 1
    lidt [idt_pointer]
    lmsw ax
    jmp dword CODE32:.protected
bits 32
.protected:
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov ss, ax
    movzx esp, sp
    smsw ax
    and ax, ~1
    lmsw ax
    smsw eax
    and eax, 1
    equals eax, 1
    finish
