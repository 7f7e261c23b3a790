; #XM with CR4.OSXMMEXCPT, #UD without: EIP, MXCSR flags, destination unchanged, at CPL 0, CPL 3 and in V86 mode
; mode: system
; manual: SDM vol. 3A, 6.15, interrupt 19; vol. 1, 11.5
; output: PASS
%include "system.inc"
%macro mxcsr 1
    mov dword [SCRATCH], %1
    ldmxcsr [SCRATCH]
%endmacro
%macro mxcsr_is 1
    stmxcsr [SCRATCH]
    equals [SCRATCH], %1
%endmacro
%macro all_fault 1                      ; vector
    mxcsr 0x1D80                        ; divide by zero unmasked
    faults %1, 0, divps xmm0, xmm1
    mxcsr_is 0x1D84
    mxcsr 0x1D80
    faults %1, 0, divss xmm0, [SCRATCH + 16]
    mxcsr_is 0x1D84
    mxcsr 0x1D80
    user_faults %1, 0, divsd xmm0, xmm1
    mxcsr 0x1D80
    v86_faults 0, %1, 0, divps xmm0, xmm1
    mxcsr 0x1F00                        ; invalid unmasked
    faults %1, 0, sqrtss xmm0, [SCRATCH + 20]
    mxcsr_is 0x1F01
    mxcsr 0x1F00
    faults %1, 0, cvtss2si eax, [SCRATCH + 24]
    mxcsr_is 0x1F01
    mxcsr 0x1F00
    faults %1, 0, comiss xmm0, [SCRATCH + 24]
    mxcsr 0x0F80                        ; precision unmasked
    faults %1, 0, divss xmm0, [SCRATCH + 28]
    mxcsr_is 0x0FA0
    mxcsr 0x1F80
    movd eax, xmm0
    equals eax, 0x3F800000              ; untouched all the while
%endmacro
start:
    set_cr4 CR4_OSFXSR, 0
    mov dword [SCRATCH + 20], 0xBF800000 ; -1
    mov dword [SCRATCH + 24], 0x7F800001 ; a signalling NaN
    mov dword [SCRATCH + 28], 0x40400000 ; 3
    mov eax, 0x3F800000
    movd xmm0, eax
    pshufd xmm0, xmm0, 0
    xorps xmm1, xmm1
    mxcsr 0x1F80                        ; masked
    movaps xmm2, xmm0
    divps xmm2, xmm1
    mxcsr_is 0x1F84
    movd eax, xmm2
    equals eax, 0x7F800000
    all_fault 6
    set_cr4 CR4_OSXMMEXCPT, 0
    all_fault 19
    ; flags that are set and then unmasked do not raise anything
    mxcsr 0x1D84
    addps xmm2, xmm0
    mxcsr 0x003F
    movaps xmm3, xmm0
    ; reserved bits
    mov dword [SCRATCH], 0x00010000
    faults 13, 0, ldmxcsr [SCRATCH]
    user_faults 13, 0, ldmxcsr [SCRATCH]
    mxcsr 0x1F80
    ; a handler that masks and returns: 50 times
    set_gate IDT + 8 * 19, CODE32, .handler, 0xEE
    mov ecx, 50
.loop:
    mxcsr 0x1D80
    movaps xmm2, xmm0
    divps xmm2, xmm1
    movd eax, xmm2
    cmp eax, 0x7F800000
    jne .end
    loop .loop
.end:
    equals ecx, 0
    equals [handled], 50
    mxcsr_is 0x1F84
    finish
.handler:
    inc dword [handled]
    mov dword [SCRATCH], 0x1F80
    ldmxcsr [SCRATCH]
    iretd
align 4
handled: dd 0
