; SYSENTER and SYSEXIT: from CPL 0, 3 and virtual-8086 mode, in real mode; flags, stack and code segments, a selector of zero; 100 system calls
; mode: system
; manual: SDM vol. 2B, SYSENTER and SYSEXIT; vol. 3A, 5.8.7
; output: PASS
%include "system.inc"
start:
    ; IA32_SYSENTER_CS zero or with RPL bits alone: #GP
    write_msr 0x174, 0, 0
    faults 13, 0, sysenter
    user_faults 13, 0, sysenter
    faults 13, 0, sysexit
    v86_faults IOPL(3), 13, 0, sysenter
    v86_faults IOPL(3), 13, 0, sysexit
    write_msr 0x174, 0, 3
    faults 13, 0, sysenter
    faults 13, 0, sysexit
    write_msr 0x174, 0, CODE32
    write_msr 0x175, 0, STACK0_INNER
    write_msr 0x176, 0, .kernel
    user_faults 13, 0, sysexit
    ; from CPL 0: the stack changes all the same; IF, VM and RF are cleared, TF and the rest are not
    mov ebp, esp
    mov dword [back], .from0
    push dword IF | CF | DF | NT | AC | 2
    popfd
    sysenter
.from0:
    flags_are CF | DF | NT | AC, IF | CF | DF | NT | AC
    cld
    mov eax, esp
    equals eax, STACK0_INNER
    mov esp, ebp
    push dword 2
    popfd
    mov eax, 0
    mov ax, cs
    equals eax, CODE32
    mov ax, ss
    equals eax, DATA32
    ; from virtual-8086 mode: VM is gone
    mov dword [back], .from_v86
    push dword 0x444
    push dword 0x333
    push dword 0x222
    push dword 0x111
    push dword 0
    push dword STACK3
    push dword VM | IF | 2
    push dword 0
    push dword .v86
    iretd
.from_v86:
    mov esp, ebp
    mov ebx, 0
    mov bx, gs                          ; data segments stay as they are
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    equals ebx, 0x444
    flags_are 0, VM | IF
    ; SYSEXIT: to CPL 3 with the fixed segments, flat whatever the GDT says; flags stay, IF too
    push dword IF | CF | 2
    popfd
    mov edx, .user
    mov ecx, STACK3 - 32
    mov dword [resume], .after
    mov [resume_esp], esp
    sysexit
.after:
    fault_was 0x30, 0, .user_end
    equals [recorded_cs], CODE32 + 16 + 3
    equals [recorded_ss], CODE32 + 24 + 3
    equals [recorded_esp], STACK3 - 32
    mov eax, [recorded_flags]
    and eax, IF | CF
    equals eax, IF | CF
    cli
    ; selectors with RPL bits in the MSR
    write_msr 0x174, 0, CODE32 + 3
    mov dword [back], .from0_again
    sysenter
.from0_again:
    mov esp, ebp
    mov eax, 0
    mov ax, cs
    equals eax, CODE32
    write_msr 0x174, 0, CODE32
    ; 100 calls with a sum
    mov dword [back], .serve
    mov dword [resume], .after_calls
    mov [resume_esp], esp
    mov edx, .calls
    mov ecx, STACK3
    set_descriptor CODE32 + 16, 0, 0xFFFFF, 0xCFB
    xor ebx, ebx
    mov esi, 100
    sysexit
.after_calls:
    fault_was 0x30, 0, .calls_end
    equals ebx, 5050
    ; real mode
    set_descriptor CODE16, 0, 0xFFFF, 0x09B
    to_real DATA16
    real_faults 13, sysenter
    real_faults 13, sysexit
    to_protected
    finish
.kernel:
    jmp [cs:back]
.serve:
    add ebx, esi
    mov edx, .calls_next
    mov ecx, STACK3
    sysexit
.calls:
    sysenter
.calls_next:
    dec esi
    jnz .calls
    int 0x30
.calls_end:
.user:
    mov eax, [SCRATCH]
    int 0x30
.user_end:
bits 16
.v86:
    sysenter
bits 32
align 4
back: dd 0
