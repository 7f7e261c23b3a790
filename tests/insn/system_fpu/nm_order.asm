; The order of #NM and other exceptions: #UD by LOCK and OSFXSR before it; memory operands, #MF and #AC after it
; mode: system
; manual: SDM vol. 3A, 6.9, table 6-2
; output: PASS
%include "system.inc"
start:
    fninit
    enable_paging
    mov ebx, 0x800000                           ; not mapped
    set_descriptor SLOT, 0, 0xF, 0x093
    mov ax, SLOT
    mov gs, ax
    set_cr0 CR0_TS, 0
    faults 7, 0, fld dword [ebx]
    faults 7, 0, fstp qword [ebx]
    faults 7, 0, fnstsw [ebx]
    faults 7, 0, fld dword [gs:0x10]
    faults 7, 0, movq mm0, [ebx]
    faults 6, 0, {db 0xF0, 0xD9, 0xE8}          ; LOCK FLD1
    faults 6, 0, movups xmm0, [ebx]             ; no OSFXSR
    set_cr4 CR4_OSFXSR, 0
    faults 7, 0, movups xmm0, [ebx]
    faults 7, 0, movaps xmm0, [SCRATCH + 1]     ; misaligned
    faults 7, 0, ldmxcsr [ebx]
    faults 7, 0, fxsave [SCRATCH + 1]
    clts
    faults 14, 0, fld dword [ebx]
    faults 13, 0, fld dword [gs:0x10]
    faults 14, 2, fnstsw [ebx]
    faults 13, 0, movaps xmm0, [SCRATCH + 1]
    faults 14, 0, movups xmm0, [ebx]
    ; a pending #MF waits until #NM is settled; #MF goes before memory operands
    mov word [SCRATCH], 0x37B                   ; zero divide unmasked
    fldcw [SCRATCH]
    fld1
    fldz
    fdivp st1, st0
    set_cr0 CR0_TS, 0
    faults 7, 0, fld1
    faults 7, 0, movq mm0, mm1
    set_cr0 CR0_MP, 0
    faults 7, 0, wait
    clts
    faults 16, 0, wait
    faults 16, 0, fld dword [ebx]
    faults 16, 0, movq mm0, [ebx]
    faults 16, 0, fld dword [gs:0x10]
    fnstsw ax                                   ; without waiting
    and eax, 0x80BF
    equals eax, 0x8084
    fnclex
    ; #AC at CPL 3: after #NM
    set_cr0 CR0_AM, 0
    mov dword [user_flags], AC | 2
    user_faults 17, 0, fld dword [SCRATCH + 1]
    set_cr0 CR0_TS, 0
    user_faults 7, 0, fld dword [SCRATCH + 1]
    finish
