; SYSENTER and SYSEXIT: selectors from IA32_SYSENTER_CS, flags, faults
; mode: system
; manual: SDM vol. 3A, 5.8.7
; output: PASS
%include "system.inc"
start:
    xor eax, eax
    xor edx, edx
    mov ecx, 0x174
    wrmsr
    faults 13, 0, sysexit
    in_user .enter
    fault_was 13, 0, .enter
    mov eax, CODE32
    mov ecx, 0x174
    wrmsr
    mov eax, STACK0_INNER
    mov ecx, 0x175
    wrmsr
    mov eax, .kernel
    mov ecx, 0x176
    wrmsr
    set_descriptor CODE32 + 16, 0, 0xFFFFF, 0xCFB   ; SYSEXIT's selectors follow
    mov dword [user_flags], IF | 2
    in_user .enter
    fault_was 0x30, 0, .exit_end
    equals [SCRATCH], CODE32
    equals [SCRATCH + 4], DATA32
    equals [SCRATCH + 8], STACK0_INNER
    mov eax, [SCRATCH + 12]
    and eax, IF
    equals eax, 0
    equals [recorded_cs], CODE32 + 16 + 3
    equals [recorded_ss], CODE32 + 24 + 3
    equals [recorded_esp], STACK3 - 16
    finish
.enter:
    sysenter
.kernel:
    mov [SCRATCH + 8], esp
    mov eax, 0
    mov ax, cs
    mov [SCRATCH], eax
    mov ax, ss
    mov [SCRATCH + 4], eax
    pushfd
    pop dword [SCRATCH + 12]
    mov edx, .exit
    mov ecx, STACK3 - 16
    sysexit
.exit:
    int 0x30
.exit_end:
