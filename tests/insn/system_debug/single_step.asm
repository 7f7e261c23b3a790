; Single-step: after each instruction; not after MOV SS or POP SS; REP once an element; DR6.BS; INT n
; mode: system
; manual: SDM vol. 3B, 17.3.1.4; vol. 3A, 6.8.3
; output: PASS
%include "system.inc"
%macro step_on 0
    mov dword [events], 0
    pushfd
    or dword [esp], TF
    popfd
%endmacro
%macro step_off 0
    pushfd
    and dword [esp], ~TF
    popfd
%endmacro
start:
    mov dword [returning], 2
    xor eax, eax
    mov dr6, eax
    step_on
    nop                                 ; the POPF itself does not trap
.a: nop
.b: step_off
    equals [events], 5                  ; NOP, NOP, PUSHFD, AND, POPFD
    equals [trace + 4], .a
    equals [trace + 12], .b
    mov eax, [recorded_dr6]
    and eax, 0xE00F
    equals eax, 0x4000
    mov eax, [recorded_flags]
    and eax, TF
    equals eax, 0                       ; of the POPFD that cleared it
    ; MOV SS: the trap comes after the next instruction
    mov cx, ss
    step_on
    mov ss, cx
    nop
.c: step_off
    equals [events], 4
    equals [trace + 4], .c
    push ss
    step_on
    pop ss
    nop
.d: step_off
    equals [events], 4
    equals [trace + 4], .d
    ; REP: one trap for each element
    mov edi, SCRATCH
    mov ecx, 3
    step_on
.e: rep stosb
.f: step_off
    equals [events], 6
    equals [trace + 4], .e
    equals [trace + 12], .e
    equals [trace + 20], .f
    ; a data breakpoint and a step at once: one #DB with both bits
    mov eax, SCRATCH
    mov dr0, eax
    mov eax, 0x00010002
    mov dr7, eax
    xor eax, eax
    mov dr6, eax
    mov dword [returning], 0
    mov dword [resume], .both
    mov [resume_esp], esp
    step_on
    mov byte [SCRATCH], 1
.both:
    equals [events], 1
    mov dword [returning], 2
    mov eax, [recorded_dr6]
    and eax, 0xE00F
    equals eax, 0x4001
    ; POP SS with a data breakpoint: held over the next instruction
    xor eax, eax
    mov dr6, eax
    mov dword [SCRATCH + 16], DATA32
    mov eax, SCRATCH + 16
    mov dr0, eax
    mov eax, 0x00030002                 ; reads or writes
    mov dr7, eax
    mov dword [events], 0
    mov ebp, esp
    mov esp, SCRATCH + 16
    pop ss
    mov esp, ebp
.g: equals [events], 1
    equals [trace + 4], .g
    ; REP with a data breakpoint: between the elements
    mov dword [events], 0
    mov edi, SCRATCH + 14
    mov ecx, 6
.h: rep stosb
    equals [events], 1
    equals [trace + 4], .h
    equals [recorded_gprs + 24], 3
    xor eax, eax
    mov dr7, eax
    finish
