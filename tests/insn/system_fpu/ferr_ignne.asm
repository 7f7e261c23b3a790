; CR0.NE clear: after port F0 has asserted IGNNE#, waiting instructions run with the exception still pending
; mode: system
; manual: SDM vol. 1, appendix D.2.1.1 to D.2.1.3
; bochs: it does not know IGNNE#; there a waiting instruction always goes on
; output: PASS
%include "system.inc"
start:
    set_gate IDT + 8 * 0x75, CODE32, .handler, 0xEE
    set_cr0 0, CR0_NE
    fninit
    mov word [SCRATCH], 0x37B
    fldcw [SCRATCH]
    fld1
    fldz
.cause:
    fdivp st1, st0
    sti
.frozen:
    fld1                                ; waits for the interrupt, which returns to it
    cli
    equals [handled], 1
    equals [return_ip], .frozen
    fnstsw ax
    movzx eax, ax
    equals eax, 0xA884                  ; TOP went down by one more, ES is still there
    wait                                ; IGNNE# is still asserted
    fistp dword [SCRATCH + 4]
    equals [SCRATCH + 4], 1
    fnclex                              ; ES goes: so does IGNNE#
    fldz
    fldz
    fdivp st1, st0                      ; 0 / 0: invalid, masked
    fstp st0
    fld1
    fldz
    fdivp st1, st0
    sti
.frozen2:
    wait
    cli
    equals [handled], 2
    equals [return_ip], .frozen2
    fnclex
    set_cr0 CR0_NE, 0
    wait
    finish
.handler:
    push eax
    inc dword [ss:handled]
    mov eax, [ss:esp + 4]
    mov [ss:return_ip], eax
    fnstsw ax
    and eax, 0x80
    jz .bad
    xor al, al
    out 0xF0, al
    fnop                                ; runs
    pop eax
    iretd
.bad:
    mov dword [ss:handled], 99
    pop eax
    iretd
align 4
handled: dd 0
return_ip: dd 0
