; CR4.UMIP: SGDT, SIDT, SLDT, STR and SMSW only at CPL 0; without it everywhere; in virtual-8086 mode
; mode: system
; manual: SDM vol. 3A, 2.5 (UMIP); vol. 2, SGDT, SIDT, SLDT, SMSW, STR
; bochs_cpu: corei7_icelake_u
; output: PASS
%include "system.inc"
start:
    ; without it
    mov eax, 0xAAAAAAAA
    mov ebx, eax
    mov ecx, eax
    user_runs {sldt eax}
    equals eax, 0
    user_runs {str ebx}
    equals ebx, TASK
    user_runs {smsw ecx}
    mov edx, cr0
    equals ecx, edx
    mov eax, 0xAAAAAAAA
    user_runs {str ax}
    equals eax, 0xAAAA0000 + TASK
    user_runs {smsw ax}
    and edx, 0xFFFF
    or edx, 0xAAAA0000
    equals eax, edx
    user_runs {sgdt [SCRATCH]}
    movzx eax, word [SCRATCH]
    equals eax, gdt_end - gdt - 1
    equals [SCRATCH + 2], gdt
    user_runs {sidt [SCRATCH]}
    movzx eax, word [SCRATCH]
    equals eax, 128 * 8 - 1
    equals [SCRATCH + 2], IDT
    mov dword [SCRATCH], 0xBBBBBBBB
    user_runs {str [SCRATCH]}                   ; memory: a word always
    equals [SCRATCH], 0xBBBB0000 + TASK
    user_runs {sldt [SCRATCH]}
    equals [SCRATCH], 0xBBBB0000
    user_runs {smsw [SCRATCH + 2]}
    mov edx, cr0
    shl edx, 16
    equals [SCRATCH], edx
    v86_runs 0, {sgdt [SCRATCH]}
    equals [SCRATCH + 2], gdt
    v86_runs 0, {sidt [SCRATCH]}
    v86_runs 0, {smsw ax}
    v86_faults 0, 6, 0, sldt ax
    v86_faults 0, 6, 0, str ax
    ; with it
    set_cr4 CR4_UMIP, 0
    mov dword [SCRATCH], 0
    mov dword [SCRATCH + 4], 0
    mov eax, 0x12345678
    user_faults 13, 0, sldt eax
    user_faults 13, 0, str eax
    user_faults 13, 0, smsw eax
    user_faults 13, 0, sldt [SCRATCH]
    user_faults 13, 0, str [SCRATCH]
    user_faults 13, 0, smsw [SCRATCH]
    user_faults 13, 0, sgdt [SCRATCH]
    user_faults 13, 0, sidt [SCRATCH]
    user_faults 6, 0, {db 0xF0, 0x0F, 0x01, 0xE0}   ; LOCK SMSW
    v86_faults IOPL(3), 13, 0, sgdt [SCRATCH]
    v86_faults IOPL(3), 13, 0, sidt [SCRATCH]
    v86_faults IOPL(3), 13, 0, smsw ax
    v86_faults IOPL(3), 6, 0, sldt ax
    v86_faults IOPL(3), 6, 0, str ax
    equals eax, 0x12345678
    equals [SCRATCH], 0
    equals [SCRATCH + 4], 0
    ; LAR, LSL, VERR, VERW are not concerned
    user_runs {verr ax}
    mov eax, USER_DATA
    user_runs {lsl ebx, eax}
    equals ebx, 0xFFFFFFFF
    user_runs {lar ebx, eax}
    equals ebx, 0x00CFF300
    ; CPL 0: as ever, 100 times
    mov ecx, 100
.loop:
    str ax
    sldt bx
    smsw dx
    sgdt [SCRATCH]
    sidt [SCRATCH + 8]
    loop .loop
    movzx eax, ax
    equals eax, TASK
    equals [SCRATCH + 2], gdt
    equals [SCRATCH + 10], IDT
    finish
