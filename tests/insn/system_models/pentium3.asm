; The model pentium3: CMOV, FCOMI, MMX, FXSR, SSE, SYSENTER, PAE, PGE, MTRR, PAT; no SSE2, CLFLUSH, NX
; mode: system
; manual: SDM vol. 2A, CPUID
; cpu: pentium3
; bochs_cpu: p3_katmai
; output: PASS
%include "system.inc"
%include "models.inc"
start:
    mov eax, 1
    cpuid
    and eax, 0xF00
    equals eax, 0x600
    mov ebx, edx
    and ebx, ~0x00040200                ; without the APIC's and the serial number's
    equals ebx, 0x0383F9FF
    equals ecx, 0
    set_cr4 CR4_OSFXSR | CR4_OSXMMEXCPT, 0
    fninit
    stc
    mov eax, 1
    mov ebx, 2
    cmovc eax, ebx
    equals eax, 2
    fldz
    fld1
    fcomip st0, st1
    flags_are 0, CF | ZF | PF
    mov eax, 0x01020304
    movd mm0, eax
    paddb mm0, mm0
    movd ebx, mm0
    equals ebx, 0x02040608
    pshufw mm1, mm0, 0x11
    pmovmskb ecx, mm1
    emms
    mov eax, 7
    cvtsi2ss xmm0, eax
    mulss xmm0, xmm0
    cvttss2si ebx, xmm0
    equals ebx, 49
    sfence
    prefetcht0 [SCRATCH]
    movntps [SCRATCH], xmm0
    fxsave [SCRATCH + 16]
    equals [SCRATCH + 16 + 28], 0xFFBF  ; MXCSR_MASK: no DAZ
    mov dword [SCRATCH], 0x1FC0
    faults 13, 0, ldmxcsr [SCRATCH]
    ; SSE2 and later
    undefined {movapd xmm0, xmm1}, {addpd xmm0, xmm1}, {addsd xmm0, xmm1}, {movdqa xmm0, xmm1}, {movd xmm0, eax}
    undefined {movq xmm0, xmm1}, {paddb xmm0, xmm1}, {paddq mm0, mm1}, {pmuludq mm0, mm1}, {cvtsi2sd xmm0, eax}, {pshufd xmm0, xmm1, 0}
    undefined {movnti [SCRATCH], eax}, lfence, mfence, {clflush [SCRATCH]}, {addsubps xmm0, xmm1}, {pabsb mm0, mm1}, {popcnt eax, ebx}
    undefined {crc32 eax, bl}, {movdqu xmm0, [SCRATCH]}, {cvtps2pd xmm0, xmm1}, {movq2dq xmm0, mm0}, rdtscp
    mov ecx, 0xC0000080
    faults 13, 0, rdmsr
    msr_is 0x277, 0x00070406, 0x00070406
    msr_is 0x174, 0, 0
    mov eax, CR4_UMIP
    faults 13, 0, mov cr4, eax
    finish
