; MOV SS and POP SS with debug traps: TF and data breakpoints wait for one instruction
; mode: system
; manual: SDM vol. 3A, 6.8.3; vol. 3B, 17.3.1.2 to 17.3.1.4
; output: PASS
%include "system.inc"
%include "debug.inc"
start:
    mov dword [returning], 2
    mov dword [SCRATCH], DATA32
    break_on 0, SCRATCH, ACCESS4
    ; once, behind the next instruction
    mov dword [events], 0
    mov ss, [SCRATCH]
    nop
.a: nop
    equals [trace + 4], .a
    events_are 1
    dr6_is 1
    ; LSS inhibits nothing
    mov [SCRATCH + 16], esp
    mov word [SCRATCH + 20], DATA32
    break_on 0, SCRATCH + 20, ACCESS2
    lss esp, [SCRATCH + 16]
.b: nop
    equals [trace + 4], .b
    events_are 1
    dr6_is 1
    ; two in a row: the second may not inhibit again; the trap comes at the latest after it and one more
    break_on 0, SCRATCH, ACCESS4
    mov ss, [SCRATCH]
    mov ax, ss
    mov ax, ss
    events_are 1
    dr6_is 1
    no_breaks
    ; with TF: one trap behind the next instruction
    mov cx, ss
    pushfd
    or dword [esp], TF
    popfd
    mov ss, cx
    inc eax
.d: pushfd
    and dword [esp], ~TF
    popfd
    equals [trace + 4], .d
    events_are 4
    ; an instruction breakpoint on the instruction behind MOV SS is not taken
    break_on 0, .e, EXECUTE
    mov ss, cx
.e: nop
    events_are 0
    no_breaks
    ; the instruction behind it faults: the fault is delivered
    mov dword [returning], 0
    mov ss, cx
    faults 6, 0, ud2
    mov dword [resume], .f_end
    mov [resume_esp], esp
    mov ss, cx
.f: ud2
.f_end:
    fault_was 6, 0, .f
    finish
