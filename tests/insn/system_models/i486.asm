; The model 486: CPUID up to leaf 1, BSWAP, XADD, CMPXCHG; no TSC, MSR, CMPXCHG8B, CMOV, MMX, SSE, SYSENTER, PAE
; mode: system
; manual: SDM vol. 2A, CPUID; the Intel486 processor's manual
; cpu: 486
; output: PASS
%include "system.inc"
%include "models.inc"
start:
    xor eax, eax
    cpuid
    equals eax, 1
    equals ebx, 'Genu'
    equals edx, 'ineI'
    equals ecx, 'ntel'
    mov eax, 1
    cpuid
    equals eax, 0x483
    equals ebx, 0
    equals ecx, 0
    equals edx, 3                       ; FPU, VME
    mov eax, 2                          ; beyond the last leaf: the last
    cpuid
    equals eax, 0x483
    mov eax, 0x80000000
    cpuid
    equals eax, 0x483
    equals edx, 3
    user_runs {cpuid}
    ; what it has
    mov eax, 0x12345678
    bswap eax
    equals eax, 0x78563412
    mov dword [SCRATCH], 5
    mov eax, 5
    mov ebx, 7
    cmpxchg [SCRATCH], ebx
    equals [SCRATCH], 7
    lock xadd [SCRATCH], ebx
    equals [SCRATCH], 14
    equals ebx, 7
    invlpg [0]
    wbinvd
    invd
    fninit
    fld1
    fsqrt
    fistp dword [SCRATCH]
    equals [SCRATCH], 1
    ; what it lacks
    undefined rdtsc, rdmsr, wrmsr, {cmpxchg8b [SCRATCH]}, {cmove eax, ebx}, {movd mm0, eax}, emms, {movq mm0, [SCRATCH]}
    undefined {xorps xmm0, xmm0}, {movups xmm0, [SCRATCH]}, sysenter, sysexit, rdpmc, {fcmove st0, st1}, {fcomi st0, st1}
    undefined {fxsave [SCRATCH]}, {fxrstor [SCRATCH]}, {clflush [SCRATCH]}, sfence, mfence, {popcnt eax, ebx}, {movbe eax, [SCRATCH]}
    undefined {movnti [SCRATCH], eax}, {crc32 eax, bl}, {nop dword [SCRATCH]}, {prefetcht0 [SCRATCH]}, rdtscp, rsm, syscall
    ; CR4 has VME, PVI alone
    mov eax, CR4_VME | CR4_PVI
    mov cr4, eax
    mov ebx, cr4
    equals ebx, CR4_VME | CR4_PVI
    mov eax, CR4_TSD
    faults 13, 0, mov cr4, eax
    mov eax, CR4_PSE
    faults 13, 0, mov cr4, eax
    mov eax, CR4_PAE
    faults 13, 0, mov cr4, eax
    mov eax, CR4_DE
    faults 13, 0, mov cr4, eax
    mov eax, CR4_OSFXSR
    faults 13, 0, mov cr4, eax
    xor eax, eax
    mov cr4, eax
    ; the ID and AC flags
    push dword ID | AC | 2
    popfd
    flags_are ID | AC, ID | AC
    finish
