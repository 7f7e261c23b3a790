; The model pentium4: SSE2, CLFLUSH; no SSE3, SSSE3, SSE4, NX, RDTSCP
; mode: system
; manual: SDM vol. 2A, CPUID
; cpu: pentium4
; bochs_cpu: p4_willamette
; output: PASS
%include "system.inc"
%include "models.inc"
start:
    mov eax, 1
    cpuid
    and eax, 0xF00
    equals eax, 0xF00
    mov ebx, edx
    and ebx, 0x0789F9FF                 ; without APIC, PSE-36, serial number and thermal control
    equals ebx, 0x0789F9FF
    and ecx, 0x00980201                 ; SSE3, SSSE3, SSE4, POPCNT
    equals ecx, 0
    cpuid_bit 0x80000001, edx, 20, 0    ; NX
    cpuid_bit 0x80000001, edx, 27, 0    ; RDTSCP
    set_cr4 CR4_OSFXSR | CR4_OSXMMEXCPT, 0
    mov eax, 12
    cvtsi2sd xmm0, eax
    mulsd xmm0, xmm0
    cvttsd2si ebx, xmm0
    equals ebx, 144
    movdqa xmm1, xmm0
    paddq xmm1, xmm1
    pshufd xmm1, xmm1, 0
    movnti [SCRATCH], ebx
    mfence
    lfence
    clflush [SCRATCH]
    equals [SCRATCH], 144
    undefined {addsubps xmm0, xmm1}, {haddps xmm0, xmm1}, {movddup xmm0, xmm1}, {lddqu xmm0, [SCRATCH]}, {fisttp dword [SCRATCH]}
    undefined {pabsb mm0, mm1}, {pabsb xmm0, xmm1}, {pshufb xmm0, xmm1}, {palignr xmm0, xmm1, 3}, {phaddw mm0, mm1}
    undefined {pmulld xmm0, xmm1}, {ptest xmm0, xmm1}, {blendps xmm0, xmm1, 1}, {pextrd eax, xmm0, 1}, {roundss xmm0, xmm1, 0}
    undefined {pcmpgtq xmm0, xmm1}, {pcmpistri xmm0, xmm1, 0}, {crc32 eax, bl}, {popcnt eax, ebx}, {movbe eax, [SCRATCH]}
    undefined {pclmulqdq xmm0, xmm1, 0}, rdtscp, {vaddps xmm0, xmm1, xmm2}, {aesenc xmm0, xmm1}
    finish
