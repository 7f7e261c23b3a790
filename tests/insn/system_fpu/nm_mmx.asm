; MMX instructions: #UD by CR0.EM, #NM by CR0.TS, at CPL 0 and CPL 3; EMMS too
; mode: system
; manual: SDM vol. 3A, 2.5, table 2-3 and 12.1
; output: PASS
%include "system.inc"
%define ALL CR0_MP | CR0_EM | CR0_TS
%macro all_fault 1
    faults %1, 0, movd mm0, eax
    faults %1, 0, movq mm1, [SCRATCH]
    faults %1, 0, movq [SCRATCH], mm1
    faults %1, 0, paddb mm0, mm1
    faults %1, 0, psllq mm0, 3
    faults %1, 0, packsswb mm0, [SCRATCH]
    faults %1, 0, emms
    faults %1, 0, pshufw mm0, mm1, 0
    faults %1, 0, pmovmskb eax, mm1
    user_faults %1, 0, pxor mm0, mm0
    user_faults %1, 0, movd [SCRATCH], mm0
    user_faults %1, 0, emms
    v86_faults 0, %1, 0, movd mm0, eax
%endmacro
start:
    fninit
    set_cr0 0, ALL
    mov eax, 0x12345678
    movd mm0, eax
    user_runs {movd ebx, mm0}
    equals ebx, 0x12345678
    set_cr0 CR0_EM, ALL
    all_fault 6
    set_cr0 CR0_TS, ALL
    all_fault 7
    set_cr0 CR0_EM | CR0_TS, ALL
    all_fault 6
    set_cr0 CR0_EM | CR0_MP, ALL
    all_fault 6
    set_cr0 CR0_TS | CR0_MP, ALL
    all_fault 7
    set_cr0 0, ALL
    movd ecx, mm0                       ; nothing has touched the registers
    equals ecx, 0x12345678
    equals [SCRATCH], 0
    set_cr0 CR0_MP, ALL
    v86_runs 0, {movd edx, mm0}
    equals edx, 0x12345678
    finish
