; CR4.TSD and RDTSC, CR4.PCE and RDPMC, at CPL 0, 1, 3 and in virtual-8086 mode; RDTSC in a loop
; mode: system
; manual: SDM vol. 2B, RDTSC, RDPMC
; output: PASS
%include "system.inc"
start:
    xor ecx, ecx
    rdtsc
    user_runs rdtsc
    v86_runs 0, rdtsc
    rdpmc
    user_faults 13, 0, rdpmc
    v86_faults 0, 13, 0, rdpmc
    set_cr4 CR4_TSD | CR4_PCE, 0
    rdtsc
    mov eax, 0x55AA55AA
    mov edx, 0x66BB66BB
    user_faults 13, 0, rdtsc
    v86_faults IOPL(3), 13, 0, rdtsc
    equals eax, 0x55AA55AA
    equals edx, 0x66BB66BB
    user_runs rdpmc
    v86_runs 0, rdpmc
    set_cr4 CR4_PCE, CR4_TSD
    user_runs rdtsc
    mov ecx, 0x12345
    faults 13, 0, rdpmc
    user_faults 13, 0, rdpmc
    in_user .loop
    fault_was 0x30, 0, .loop_end
    equals ecx, 0
    mov ecx, 100
    xor ebx, ebx
    stc
    pushfd
.again:
    rdtsc
    mov esi, eax
    rdtsc
    sub eax, esi
    jz .no
    cmp eax, 0x1000000
    adc ebx, 0
.no:
    dec ecx
    jnz .again
    equals ebx, 100
    popfd
    rdtsc
    flags_are CF, CF
    finish
.loop:
    mov ecx, 100
.next:
    rdtsc
    mov esi, eax
    mov edi, edx
    rdtsc
    sub eax, esi
    sbb edx, edi
    jc .loop_end
    loop .next
    int 0x30
.loop_end:
