; CR4.PVI: CLI and STI at CPL 3 with IOPL below 3 act on VIF; VIP faults STI; PUSHF, POPF and CPL 1 are not concerned
; mode: system
; manual: SDM vol. 3A, 20.4; vol. 2, CLI, STI, PUSHF, POPF
; output: PASS
%include "system.inc"
%macro user_flags_after 3               ; EFLAGS on entry, label that ends with INT 30h, expected VIF | VIP | IF
    mov dword [user_flags], (%1) | 2
    in_user %2
    fault_was 0x30, 0, %2_end
    mov eax, [recorded_flags]
    and eax, VIF | VIP | IF
    equals eax, %3
%endmacro
start:
    ; without PVI
    mov dword [user_flags], VIF | 2
    user_faults 13, 0, cli
    user_faults 13, 0, sti
    set_cr4 CR4_PVI, 0
    user_flags_after IF | VIF, .cli, IF
    user_flags_after VIF, .cli, 0
    user_flags_after 0, .cli, 0
    user_flags_after IF, .sti, IF | VIF
    user_flags_after 0, .sti, VIF
    user_flags_after VIP | IF, .cli, VIP | IF
    ; both set at the beginning of an instruction: #GP instead of it
    mov dword [user_flags], VIP | VIF | 2
    in_user .nop
    fault_was 13, 0, .nop
    mov eax, [recorded_flags]
    and eax, VIF | VIP | RF
    equals eax, VIF | VIP | RF
    mov dword [user_flags], VIP | 2
    user_faults 13, 0, sti
    mov eax, [recorded_flags]
    and eax, VIF | VIP | IF
    equals eax, VIP
    mov dword [user_flags], VIP | VIF | 2       ; even if VIF is set already
    user_faults 13, 0, sti
    ; IOPL 3: the real flag
    user_flags_after IOPL(3) | IF, .cli, 0
    user_flags_after IOPL(3), .sti, IF
    ; IOPL 1 and 2
    user_flags_after IOPL(1) | IF, .sti, IF | VIF
    user_flags_after IOPL(2) | IF | VIF, .cli, IF
    ; PUSHF shows IF, VIF and VIP as they are; POPF cannot change them
    mov dword [user_flags], VIF | 2
    in_user .push
    fault_was 0x30, 0, .push_end
    and eax, VIF | VIP | IF
    equals eax, VIF
    and ebx, IF | IOPL(3)
    equals ebx, 0
    mov dword [user_flags], IF | VIP | 2
    in_user .popfd
    fault_was 0x30, 0, .popfd_end
    and eax, VIF | VIP | IF | CF
    equals eax, VIP | IF | CF
    in_user .popf
    fault_was 0x30, 0, .popf_end
    and eax, VIF | VIP | IF | CF
    equals eax, VIP | IF
    ; CPL 1: #GP
    set_descriptor SLOT, 0, 0xFFFFF, 0xCBB
    set_descriptor SLOT + 8, 0, 0xFFFFF, 0xCB3
    mov dword [TSS + 12], 0x7000
    mov dword [TSS + 16], SLOT + 9
    mov dword [resume], .after_cpl1
    mov [resume_esp], esp
    push dword SLOT + 9
    push dword STACK3
    push dword 2
    push dword SLOT + 1
    push dword .cpl1
    iretd
.cpl1:
    cli
.after_cpl1:
    fault_was 13, 0, .cpl1
    ; 100 times
    user_flags_after IF, .loop, IF | VIF
    equals ecx, 0
    equals edx, 100
    finish
.nop:
    nop
    hlt
.cli:
    cli
    int 0x30
.cli_end:
.sti:
    sti
    int 0x30
.sti_end:
.push:
    pushfd
    pop eax
    pushf
    pop bx
    int 0x30
.push_end:
.popfd:
    push dword VIF | CF | 2
    popfd
    pushfd
    pop eax
    int 0x30
.popfd_end:
.popf:
    push word 2
    popf
    pushfd
    pop eax
    int 0x30
.popf_end:
.loop:
    mov ecx, 100
    xor edx, edx
.next:
    cli
    pushfd
    test dword [esp], VIF
    jnz .bad
    sti
    test dword [esp], IF
    jz .bad
    pushfd
    test dword [esp], VIF
    jz .bad
    inc edx
.bad:
    add esp, 8
    dec ecx
    jnz .next
    int 0x30
.loop_end:
