; #NM for x87 instructions by CR0.EM and CR0.TS, for WAIT by CR0.MP with CR0.TS, at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3A, 2.5, table 2-2
; output: PASS
%include "system.inc"
%define ALL CR0_MP | CR0_EM | CR0_TS
; MP, EM, TS; whether x87 instructions fault, whether WAIT does
%macro row 3
    set_cr0 %1, ALL
%if %2
    faults 7, 0, fld1
    faults 7, 0, fninit
    faults 7, 0, fnstsw ax
    faults 7, 0, fnstcw [SCRATCH]
    faults 7, 0, fldcw [SCRATCH]
    faults 7, 0, fnclex
    faults 7, 0, fnsave [SCRATCH]
    faults 7, 0, fldenv [SCRATCH]
    faults 7, 0, fild dword [SCRATCH]
    faults 7, 0, fistp qword [SCRATCH]
    faults 7, 0, fcomi st0, st1
    faults 7, 0, fcmove st0, st1
    faults 7, 0, fxsave [SCRATCH]
    faults 7, 0, fxrstor [SCRATCH]
    user_faults 7, 0, fadd dword [SCRATCH]
    user_faults 7, 0, fnstsw [SCRATCH]
    user_faults 7, 0, fxsave [SCRATCH]
    equals [SCRATCH], 0
%else
    fninit
    fld1
    fnstsw ax
    movzx eax, ax
    equals eax, 0x3800
    user_runs fld1
    fnstsw ax
    movzx eax, ax
    equals eax, 0x3000
    fninit
%endif
%if %3
    faults 7, 0, wait
    user_faults 7, 0, wait
%else
    wait
    user_runs wait
%endif
%endmacro
start:
    row 0, 0, 0
    row CR0_TS, 1, 0
    row CR0_EM, 1, 0
    row CR0_EM | CR0_TS, 1, 0
    row CR0_MP, 0, 0
    row CR0_MP | CR0_TS, 1, 1
    row CR0_MP | CR0_EM, 1, 0
    row CR0_MP | CR0_EM | CR0_TS, 1, 1
    set_cr0 0, ALL
    finish
