; CR0.NE clear: the exception reaches the program as IRQ 13; its handler writes port F0 and clears the exception
; mode: system
; manual: SDM vol. 1, 8.7.2 and appendix D.2
; output: PASS
%include "system.inc"
start:
    in al, 0xA1                         ; let IRQ 13 and the cascade through
    and al, ~0x20
    out 0xA1, al
    in al, 0x21
    and al, ~4
    out 0x21, al
    set_gate IDT + 8 * 0x75, CODE32, .handler, 0xEE
    set_gate IDT + 8 * 16, CODE32, .unwanted, 0xEE
    set_cr0 0, CR0_NE
    fninit
    mov word [SCRATCH], 0x37B
    fldcw [SCRATCH]
    mov ebx, 10
.loop:
    fninit
    fldcw [SCRATCH]
    fld1
    fldz
    fdivp st1, st0
    sti
    nop
    wait
    nop
    nop
    cli
    dec ebx
    jnz .loop
    equals [handled], 10
    equals [unwanted], 0
    ; not waiting: nothing is reported
    fninit
    fldcw [SCRATCH]
    fld1
    fldz
    fdivp st1, st0
    fnstsw ax
    movzx eax, ax
    equals eax, 0xB084
    fnclex
    sti
    wait
    fld1
    nop
    cli
    equals [handled], 10
    set_cr0 CR0_NE, 0
    finish
.handler:
    push eax
    inc dword [ss:handled]
    xor al, al
    out 0xF0, al
    fnclex
    mov al, 0x20
    out 0xA0, al
    out 0x20, al
    pop eax
    iretd
.unwanted:
    inc dword [ss:unwanted]
    fnclex
    iretd
align 4
handled: dd 0
unwanted: dd 0
