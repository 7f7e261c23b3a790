; VIF and VIP both set mean nothing at IOPL 3, at CPL 0 or without CR4.VME and PVI; a handler entered with both runs
; mode: system
; manual: SDM vol. 3A, 2.3 (VIP), 20.3.2 and 20.4
; bochs: it raises #GP at IOPL 3 too
; output: PASS
%include "system.inc"
start:
    mov dword [user_flags], VIP | VIF | IOPL(3) | 2
    user_runs nop
    v86_runs VIP | VIF | IOPL(3), nop
    set_cr4 CR4_PVI | CR4_VME, 0
    user_runs {sti}
    v86_runs VIP | VIF | IOPL(3), {sti}
    mov dword [user_flags], VIP | VIF | IOPL(2) | 2
    user_faults 13, 0, nop
    v86_faults VIP | VIF, 13, 0, nop
    set_cr4 CR4_PVI, CR4_VME | CR4_PVI
    v86_runs VIP | VIF, nop
    user_faults 13, 0, nop
    set_cr4 CR4_VME, CR4_VME | CR4_PVI
    user_runs nop
    v86_faults VIP | VIF, 13, 0, nop
    ; CPL 0 does not care; a far return to CPL 3 does
    set_cr4 CR4_PVI, CR4_VME
    pushfd
    or dword [esp], VIF | VIP
    push dword CODE32
    push dword .both
    iretd
.both:
    flags_are VIF | VIP, VIF | VIP
    mov ecx, 100
    loop $
    mov dword [resume], .after
    mov [resume_esp], esp
    push dword USER_DATA
    push dword STACK3
    push dword USER_CODE
    push dword .user
    retf
.after:
    fault_was 13, 0, .user
    finish
.user:
    nop
    hlt
