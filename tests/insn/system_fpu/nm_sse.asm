; SSE instructions: #UD by CR0.EM or without CR4.OSFXSR, #NM by CR0.TS, at CPL 0, at CPL 3 and in virtual-8086 mode
; mode: system
; manual: SDM vol. 3A, 2.5 and 13.1, table 13-1
; output: PASS
%include "system.inc"
%define ALL CR0_MP | CR0_EM | CR0_TS
%macro all_fault 1
    faults %1, 0, movaps xmm0, xmm1
    faults %1, 0, movups xmm0, [SCRATCH]
    faults %1, 0, movups [SCRATCH], xmm0
    faults %1, 0, addps xmm0, xmm1
    faults %1, 0, mulsd xmm0, xmm1
    faults %1, 0, cvtsi2ss xmm0, eax
    faults %1, 0, cvttsd2si eax, xmm0
    faults %1, 0, comiss xmm0, xmm1
    faults %1, 0, pxor xmm0, xmm0
    faults %1, 0, ldmxcsr [SCRATCH]
    faults %1, 0, stmxcsr [SCRATCH]
    faults %1, 0, movntps [SCRATCH], xmm0
    faults %1, 0, movd xmm0, eax
    faults %1, 0, movhlps xmm0, xmm1
    faults %1, 0, cvtpi2ps xmm0, mm0
    user_faults %1, 0, xorps xmm0, xmm0
    user_faults %1, 0, stmxcsr [SCRATCH]
    user_faults %1, 0, movaps [SCRATCH], xmm0
    v86_faults 0, %1, 0, xorps xmm0, xmm0
%endmacro
start:
    fninit
    set_cr0 0, ALL
    set_cr4 0, CR4_OSFXSR
    all_fault 6
    set_cr4 CR4_OSFXSR, 0
    set_cr0 CR0_EM, ALL
    all_fault 6
    set_cr0 CR0_EM | CR0_TS, ALL
    all_fault 6
    set_cr0 CR0_TS, ALL
    all_fault 7
    set_cr4 0, CR4_OSFXSR                   ; #UD goes before #NM
    all_fault 6
    equals [SCRATCH], 0
    set_cr0 0, ALL
    set_cr4 CR4_OSFXSR, 0
    mov dword [SCRATCH], 0x1F80
    ldmxcsr [SCRATCH]
    mov eax, 77
    cvtsi2ss xmm0, eax
    user_runs {cvttss2si ebx, xmm0}
    equals ebx, 77
    v86_runs 0, {cvttss2si ecx, xmm0}
    equals ecx, 77
    finish
