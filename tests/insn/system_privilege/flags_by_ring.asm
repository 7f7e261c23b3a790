; CLI, STI, PUSHF, POPF and IRET at CPL 0, 1, 2 and 3 with IOPL 0 to 3: who may change IF and IOPL, who gets #GP
; mode: system
; manual: SDM vol. 2, CLI, STI, POPF (table 4-15), IRET; vol. 3A, 2.3
; output: PASS
%include "system.inc"
; code and data segments of level n: SLOT + 16 * n
%macro at_level 3                       ; CPL, EFLAGS, label (ends with INT 30h or a fault)
    mov dword [resume], %%after
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
%if %1 = 0
    push dword (%2) | 2
    push dword CODE32
%else
    push dword SLOT + 16 * %1 + 8 + %1
    push dword STACK3
    push dword (%2) | 2
    push dword SLOT + 16 * %1 + %1
%endif
    push dword %3
    iretd
%%after:
%endmacro
%macro flags_after 1                    ; IF and IOPL of the frame
    mov eax, [recorded_flags]
    and eax, IF | IOPL(3)
    equals eax, %1
%endmacro
start:
%assign level 1
%rep 3
    set_descriptor SLOT + 16 * level, 0, 0xFFFFF, 0xC9B | (level << 5)
    set_descriptor SLOT + 16 * level + 8, 0, 0xFFFFF, 0xC93 | (level << 5)
%if level < 3
    mov dword [TSS + 4 + 8 * level], 0x7000 - 0x100 * level
    mov dword [TSS + 8 + 8 * level], SLOT + 16 * level + 8 + level
%endif
%assign level level + 1
%endrep
%assign level 0
%rep 4
%assign iopl 0
%rep 4
%if level <= iopl
    at_level level, IOPL(iopl) | IF, .cli
    fault_was 0x30, 0, .cli_end
    flags_after IOPL(iopl)
    at_level level, IOPL(iopl), .sti
    fault_was 0x30, 0, .sti_end
    flags_after IOPL(iopl) | IF
%else
    at_level level, IOPL(iopl) | IF, .cli
    fault_was 13, 0, .cli
    flags_after IOPL(iopl) | IF
    at_level level, IOPL(iopl), .sti
    fault_was 13, 0, .sti
    flags_after IOPL(iopl)
%endif
    ; POPF and IRET: IF and all of IOPL set; then both clear
%macro changes 2                        ; label of setting, of clearing
    at_level level, IOPL(iopl), %1
    fault_was 0x30, 0, %1_end
%if level = 0
    flags_after IOPL(3) | IF
%elif level <= iopl
    flags_after IOPL(iopl) | IF
%else
    flags_after IOPL(iopl)
%endif
    at_level level, IOPL(iopl) | IF, %2
    fault_was 0x30, 0, %2_end
%if level = 0
    flags_after 0
%elif level <= iopl
    flags_after IOPL(iopl)
%else
    flags_after IOPL(iopl) | IF
%endif
%endmacro
    changes .popfd_set, .popfd_clear
    changes .popf_set, .popf_clear
    changes .iret_set, .iret_clear
%unmacro changes 2
    ; PUSHF shows them
    at_level level, IOPL(iopl) | IF | CF, .pushf
    fault_was 0x30, 0, .pushf_end
    mov eax, [recorded_gprs + 28]
    and eax, IOPL(3) | IF | CF | VM | RF
    equals eax, IOPL(iopl) | IF | CF
    mov eax, [recorded_gprs + 16]
    and eax, IOPL(3) | IF | CF
    equals eax, IOPL(iopl) | IF | CF
    push dword 2
    popfd
%assign iopl iopl + 1
%endrep
%assign level level + 1
%endrep
    finish
.cli:
    cli
    int 0x30
.cli_end:
.sti:
    sti
    int 0x30
.sti_end:
.popfd_set:
    push dword IOPL(3) | IF | 2
    popfd
    int 0x30
.popfd_set_end:
.popfd_clear:
    push dword 2
    popfd
    int 0x30
.popfd_clear_end:
.popf_set:
    push word IOPL(3) | IF | 2
    popf
    int 0x30
.popf_set_end:
.popf_clear:
    push word 2
    popf
    int 0x30
.popf_clear_end:
.iret_set:
    push dword IOPL(3) | IF | 2
    push cs
    push dword .iret_set_next
    iretd
.iret_set_next:
    int 0x30
.iret_set_end:
.iret_clear:
    push dword 2
    push cs
    push dword .iret_clear_next
    iretd
.iret_clear_next:
    int 0x30
.iret_clear_end:
.pushf:
    pushfd
    pop eax
    o16 pushf
    pop bx
    int 0x30
.pushf_end:
