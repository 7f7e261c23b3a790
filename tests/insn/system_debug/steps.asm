; Single-step over INT n, INT3, IRET, STI, POPF, PUSHF, CALL, faults, SYSENTER and HLT-less loops; at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3B, 17.3.1.4; vol. 3A, 6.8.3
; output: PASS
%include "system.inc"
%include "debug.inc"
%macro step_on 0
    mov dword [events], 0
    pushfd
    or dword [esp], TF
    popfd
%endmacro
%macro step_off 0                       ; three events
    pushfd
    and dword [esp], ~TF
    popfd
%endmacro
start:
    mov dword [returning], 2
    xor eax, eax
    mov dr6, eax
    ; INT n: TF is clear in the handler, and there is no trap right behind the IRET
    set_gate IDT + 8 * 0x60, CODE32, .handler, 0xEE
    step_on
    int 0x60
.a: nop
.b: step_off
    equals [trace + 4], .b
    events_are 4
    equals [in_handler], 0
    equals [in_image], TF
    ; IRET that sets TF: the trap comes after the instruction it returns to
    pushfd
    or dword [esp], TF
    push cs
    push dword .c
    iretd
.c: nop
.d: step_off
    equals [trace + 4], .d
    events_are 4
    ; IRET with TF set that clears it: traps
    step_on
    push dword 2
    push cs
    push dword .e
    iretd
.e: equals [trace + 8 * 3 + 4], .e
    events_are 4
    ; POPF that clears it: traps; that sets it: only the next
    step_on
    push dword 2
    popfd
.f: equals [trace + 8 + 4], .f
    events_are 2
    ; PUSHF shows it
    step_on
    pushfd
    pop eax
    step_off
    and eax, TF
    equals eax, TF
    events_are 5
    ; STI
    step_on
    sti
.g: nop
    cli
    step_off
    equals [trace + 4], .g
    events_are 6
    ; CALL, RET, JMP, LOOP
    step_on
    call .callee
.h: mov ecx, 3
.loop:
    loop .loop
    jmp short .i
.i: step_off
    equals [trace + 4], .callee
    equals [trace + 12], .h
    events_are 2 + 1 + 3 + 1 + 3
    ; an instruction that faults does not trap; its handler's frame has TF
    mov dword [returning], 2 | (1 << 6)
    set_gate IDT + 8 * 6, CODE32, .skip, 0x8E
    step_on
    ud2
.j: nop
.k: step_off
    equals [trace + 4], .k
    events_are 4
    equals [in_image], TF
    set_gate IDT + 8 * 6, CODE32, recorder_stubs + 16 * 6, 0xEE
    ; INT1 and INT3 set nothing in DR6
    xor eax, eax
    mov dr6, eax
    db 0xF1
    mov eax, [recorded_dr6]
    and eax, 0xE00F
    equals eax, 0
    events_are 1
    ; a conditional that is not taken, a prefix, a string instruction without REP
    step_on
    cmp eax, eax
    jne .callee
    mov esi, SCRATCH
    es lodsb
    step_off
    events_are 7
    ; CPL 3
    mov dword [user_flags], TF | 2
    mov dword [events], 0
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [trace + 4], .user + 1
    equals [trace + 12], .user_int
    equals [events], 2 + 1              ; and INT 30h itself, without a trap
    ; far transfers and loads of segment registers
    step_on
    jmp CODE32:.l
.l: mov ax, ds
    mov ds, ax
    push ds
    pop es
    step_off
    events_are 8
    finish
.callee:
    ret
.handler:
    push eax
    pushfd
    pop eax
    and eax, TF
    mov [in_handler], eax
    mov eax, [esp + 12]
    and eax, TF
    mov [in_image], eax
    pop eax
    iretd
.skip:
    push eax
    mov eax, [esp + 12]
    and eax, TF
    mov [in_image], eax
    pop eax
    add dword [esp], 2
    iretd
.user:
    nop
    nop
.user_int:
    int 0x30
.user_end:
align 4
in_handler: dd 0
in_image: dd 0
