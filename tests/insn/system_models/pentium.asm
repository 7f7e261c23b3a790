; The model pentium: TSC, MSR, CMPXCHG8B, PSE, DE; no CMOV, MMX, SSE, SYSENTER, PAE, PGE, MTRR
; mode: system
; manual: SDM vol. 2A, CPUID
; cpu: pentium
; bochs_cpu: pentium
; output: PASS
%include "system.inc"
%include "models.inc"
start:
    xor eax, eax
    cpuid
    equals eax, 1
    mov eax, 1
    cpuid
    mov ebx, eax
    and ebx, 0xF00
    equals ebx, 0x500
    mov ebx, edx
    and ebx, 0xFDFF                     ; without the APIC's
    equals ebx, 0x000001BF              ; FPU VME DE PSE TSC MSR MCE CX8
    rdtsc
    mov ecx, 0x10
    rdmsr
    mov eax, 1
    mov edx, 2
    mov ebx, 3
    mov ecx, 4
    mov dword [SCRATCH], 1
    mov dword [SCRATCH + 4], 2
    cmpxchg8b [SCRATCH]
    equals [SCRATCH], 3
    equals [SCRATCH + 4], 4
    flags_are ZF, ZF
    undefined {cmove eax, ebx}, {movd mm0, eax}, emms, {paddb mm0, mm1}, {xorps xmm0, xmm0}, {movups xmm0, [SCRATCH]}
    undefined sysenter, sysexit, {fcmove st0, st1}, {fcomi st0, st1}, {fxsave [SCRATCH]}, {clflush [SCRATCH]}, sfence
    undefined {popcnt eax, ebx}, {crc32 eax, bl}, {movnti [SCRATCH], eax}, rdtscp
    mov ecx, 0x277
    faults 13, 0, rdmsr
    mov ecx, 0xFE
    faults 13, 0, rdmsr
    mov ecx, 0x174
    faults 13, 0, rdmsr
    mov ecx, 0xC0000080
    faults 13, 0, rdmsr
    mov eax, CR4_PAE
    faults 13, 0, mov cr4, eax
    mov eax, CR4_PGE
    faults 13, 0, mov cr4, eax
    mov eax, CR4_OSFXSR
    faults 13, 0, mov cr4, eax
    mov eax, CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE
    mov cr4, eax
    mov ebx, cr4
    equals ebx, CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE
    user_faults 13, 0, rdtsc
    set_cr4 0, CR4_TSD
    user_runs rdtsc
    ; 4 MiB pages
    mov dword [PAGE_DIRECTORY], 0x83
    mov dword [PAGE_DIRECTORY + 4], 0x83
    mov eax, PAGE_DIRECTORY
    mov cr3, eax
    set_cr0 CR0_PG, 0
    mov dword [0x400000 + SCRATCH], 0x1234
    equals [SCRATCH], 0x1234
    finish
