; The model max: every feature bit of CPUID and an instruction, register or MSR that belongs to it; what it does not have is #UD
; mode: system
; manual: SDM vol. 2A, CPUID
; bochs: this is our own model
; output: PASS
%include "system.inc"
%include "models.inc"
start:
    xor eax, eax
    cpuid
    equals eax, 0x16
    mov eax, 1
    xor ecx, ecx
    cpuid
    and edx, ~0x200
    equals eax, 0x6FB
    mov edi, ecx
    equals edx, 0x078BF9FF | 0x00020000
    equals edi, 0x80D80203
    cpuid_bit 7, ebx, 7, 1              ; SMEP
    cpuid_bit 7, ebx, 1, 1              ; TSC_ADJUST
    cpuid_bit 7, ecx, 2, 1              ; UMIP
    cpuid_bit 7, edx, 29, 1             ; ARCH_CAPABILITIES
    cpuid_bit 0x80000001, edx, 20, 1    ; NX
    cpuid_bit 0x80000001, edx, 27, 1    ; RDTSCP
    cpuid_bit 0x80000001, edx, 29, 0    ; no 64-bit mode
    cpuid_bit 0x80000001, edx, 11, 0    ; no SYSCALL
    cpuid_bit 1, ecx, 5, 0              ; no VMX
    cpuid_bit 1, ecx, 26, 0             ; no XSAVE
    cpuid_bit 1, ecx, 28, 0             ; no AVX
    mov eax, 0x80000000
    cpuid
    equals eax, 0x80000008
    mov eax, 0x80000008
    cpuid
    equals eax, 0x2024
    mov eax, 0x40000000
    cpuid
    equals ebx, 'Ring'
    mov eax, 7
    mov ecx, 1
    cpuid
    equals eax, 0
    equals ebx, 0
    set_cr4 CR4_OSFXSR | CR4_OSXMMEXCPT, 0
    fninit
    popcnt eax, eax
    movbe eax, [SCRATCH]
    pclmulqdq xmm0, xmm1, 0
    crc32 eax, bl
    haddps xmm0, xmm1
    pabsb xmm0, xmm1
    ptest xmm0, xmm1
    pcmpistri xmm0, xmm1, 0
    rdtscp
    fisttp dword [SCRATCH]
    fninit
    undefined syscall, sysret, vmcall, {vaddps xmm0, xmm1, xmm2}, {aesenc xmm0, xmm1}, xgetbv, monitor, mwait, rsm
    undefined {rdrand eax}, {andn eax, ebx, ecx}, {invpcid eax, [SCRATCH]}, {adcx eax, ebx}, {xsave [SCRATCH]}, clac, stac, {db 0x0F, 0x01, 0xF8}
    undefined {db 0x0F, 0x0B}, {db 0x0F, 0xFF, 0xC0}, {db 0x0F, 0xB9, 0xC0}, {db 0x0F, 0x04}, {db 0x0F, 0x0A}, {db 0x0F, 0x0C}, {db 0x0F, 0x24, 0xC0}
    ; LZCNT, TZCNT are BSR, BSF with a prefix
    mov ebx, 0x00F0
    db 0xF3
    bsf eax, ebx
    equals eax, 4
    db 0xF3
    bsr eax, ebx
    equals eax, 7
    ; every bit of CR4 that it has, and no other
    mov eax, 0x100FFF & ~CR4_PAE
    mov cr4, eax
    mov ebx, cr4
    equals ebx, 0x100FFF & ~CR4_PAE
    xor eax, eax
    mov cr4, eax
%assign i 12
%rep 20
%if i != 20
    mov eax, 1 << i
    faults 13, 0, mov cr4, eax
%endif
%assign i i + 1
%endrep
    finish
