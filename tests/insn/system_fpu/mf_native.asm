; #MF with CR0.NE: which instructions report a pending exception and which do not wait, at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 1, 8.6 and 8.7; vol. 3A, 6.15, interrupt 16
; output: PASS
%include "system.inc"
%macro unmask 1                         ; control word
    fninit
    mov word [SCRATCH], %1
    fldcw [SCRATCH]
%endmacro
%macro status_is 1
    fnstsw ax
    movzx eax, ax
    equals eax, %1
%endmacro
start:
    ; division by zero unmasked: the operation is not done, the next waiting instruction reports it
    unmask 0x37B
    fld1
    fldz
.cause:
    fdivp st1, st0
    status_is 0xB084                    ; B, TOP 6, ES, ZE
    faults 16, 0, wait
    faults 16, 0, fld1
    faults 16, 0, fmul st0, st1
    faults 16, 0, fst dword [SCRATCH + 8]
    faults 16, 0, fldcw [SCRATCH]
    faults 16, 0, fxch
    faults 16, 0, fcomi st0, st1
    faults 16, 0, ffree st0
    faults 16, 0, fincstp
    faults 16, 0, fnop
    faults 16, 0, frstor [SCRATCH + 64]
    faults 16, 0, fldenv [SCRATCH + 64]
    faults 16, 0, movq mm0, mm1
    faults 16, 0, emms
    user_faults 16, 0, wait
    user_faults 16, 0, fld1
    v86_faults 0, 16, 0, wait
    equals [SCRATCH + 8], 0
    status_is 0xB084
    user_runs {fnstsw ax}
    movzx eax, ax
    equals eax, 0xB084
    fnstcw [SCRATCH + 4]
    equals [SCRATCH + 4], 0x37B
    fnstenv [SCRATCH + 32]              ; masks all exceptions afterwards
    equals [SCRATCH + 32], 0xFFFF037B
    equals [SCRATCH + 36], 0xFFFFB084
    equals [SCRATCH + 44], .cause       ; FIP
    mov eax, [SCRATCH + 48]
    and eax, 0x07FF0000
    equals eax, 0x06F90000              ; FOP: DE F9
    status_is 0x3004                    ; masked: ES and B are gone, ZE stays
    fld1
    fstp st0
    ; unmasking an exception that is already flagged
    mov word [SCRATCH], 0x37B
    fldcw [SCRATCH]
    status_is 0xB084
    faults 16, 0, fldz
    fnclex
    status_is 0x3000
    fldz
    fldz
    ; what happened nevertheless: operands are still there
    unmask 0x37B
    fld1
    fldz
    fdiv st1, st0
    fnclex
    fnstsw ax
    fistp dword [SCRATCH + 8]
    equals [SCRATCH + 8], 0
    fistp dword [SCRATCH + 8]
    equals [SCRATCH + 8], 1
    ; invalid operation unmasked: a store is not made; stack stays
    unmask 0x37E
    fldz
    fld1
    fchs
    fsqrt
    status_is 0xB081
    fnclex
    fistp dword [SCRATCH + 8]
    equals [SCRATCH + 8], -1
    ; stack underflow unmasked
    unmask 0x37E
    fstp dword [SCRATCH + 8]
    equals [SCRATCH + 8], -1
    fnstsw ax
    and eax, 0xFFC1
    equals eax, 0x80C1
    ; precision unmasked: the result is stored, the exception is pending
    unmask 0x35F
    fld1
    mov dword [SCRATCH + 8], 3
    fidiv dword [SCRATCH + 8]
    fnstsw ax
    and eax, 0x80BF
    equals eax, 0x80A0
    faults 16, 0, fistp dword [SCRATCH + 8]
    fnclex
    fst dword [SCRATCH + 8]
    equals [SCRATCH + 8], 0x3EAAAAAB
    fnclex
    ; FNSAVE and FNINIT do not wait
    unmask 0x37B
    fld1
    fldz
    fdivp st1, st0
    fnsave [SCRATCH + 64]
    equals [SCRATCH + 68], 0xFFFFB084
    frstor [SCRATCH + 64]               ; pending again
    faults 16, 0, wait
    fxsave [SCRATCH + 256]              ; does not wait, changes nothing
    faults 16, 0, wait
    mov ax, [SCRATCH + 258]
    movzx eax, ax
    equals eax, 0xB084
    fninit
    wait
    fxrstor [SCRATCH + 256]             ; does not wait either
    faults 16, 0, wait
    ; SSE does not look
    set_cr4 CR4_OSFXSR, 0
    xorps xmm0, xmm0
    addps xmm0, xmm0
    cvtsi2ss xmm0, eax
    faults 16, 0, cvtpi2ps xmm0, mm0    ; but those with MMX registers do
    fnclex
    finish
