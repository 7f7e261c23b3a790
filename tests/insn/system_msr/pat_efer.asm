; PAT: reset value, types, reserved ones; SYSENTER MSRs; EFER.NXE; the TSC; unknown MSRs; RDMSR and WRMSR at CPL 3
; mode: system
; manual: SDM vol. 3A, 12.12; vol. 4, table 2-2; vol. 2B, RDMSR and WRMSR
; output: PASS
%include "system.inc"
%macro refused 3
    mov ecx, %1
    mov edx, %2
    mov eax, %3
    faults 13, 0, wrmsr
%endmacro
start:
    msr_is 0x277, 0x00070406, 0x00070406
    write_msr 0x277, 0x07060504, 0x01000607
    msr_is 0x277, 0x07060504, 0x01000607
    refused 0x277, 0, 2
    refused 0x277, 0, 0x300
    refused 0x277, 0x08000000, 0
    refused 0x277, 0x00FF0000, 0
    msr_is 0x277, 0x07060504, 0x01000607
    write_msr 0x277, 0x00070406, 0x00070406
    ; page table entries may name any of the eight
    enable_paging
    mov eax, [PAGE_TABLE + 4 * 5]
    or eax, 0x98                        ; PAT, PCD, PWT
    mov [PAGE_TABLE + 4 * 5], eax
    invlpg [SCRATCH]
    mov dword [SCRATCH], 0x1234
    equals [SCRATCH], 0x1234
    ; SYSENTER
    write_msr 0x174, 0, 0x1234
    msr_is 0x174, 0, 0x1234
    write_msr 0x175, 0, 0xFFFFFFF0
    msr_is 0x175, 0, 0xFFFFFFF0
    write_msr 0x176, 0, 0x89ABCDEF
    msr_is 0x176, 0, 0x89ABCDEF
    write_msr 0x174, 0, 0
    ; EFER
    msr_is 0xC0000080, 0, 0
    write_msr 0xC0000080, 0, 0x800
    msr_is 0xC0000080, 0, 0x800
    refused 0xC0000080, 0, 0x802
    refused 0xC0000080, 1, 0x800
    refused 0xC0000080, 0, 0x10800
    msr_is 0xC0000080, 0, 0x800
    write_msr 0xC0000080, 0, 0
    ; the TSC goes on from what is written; RDTSC and RDMSR agree
    write_msr 0x10, 0, 0x10000000
    rdtsc
    equals edx, 0
    mov ebx, eax
    sub eax, 0x10000000
    cmp eax, 0x1000000
    sbb eax, eax
    equals eax, -1
    read_msr 0x10
    cmp ebx, eax
    sbb eax, eax
    equals eax, -1
    ; 100 readings go up
    mov esi, 100
    rdtsc
    mov edi, eax
.loop:
    rdtsc
    cmp edi, eax
    jae .end
    mov edi, eax
    dec esi
    jnz .loop
.end:
    equals esi, 0
    ; unknown
    mov ecx, 0x12345678
    faults 13, 0, rdmsr
    faults 13, 0, wrmsr
    mov ecx, 0xC0000090
    faults 13, 0, rdmsr
    mov ecx, 0xFFFFFFFF
    faults 13, 0, wrmsr
    ; registers stay where it faults
    mov eax, 0x11111111
    mov edx, 0x22222222
    mov ecx, 0x5000
    faults 13, 0, rdmsr
    equals eax, 0x11111111
    equals edx, 0x22222222
    equals ecx, 0x5000
    mov ecx, 0x277
    user_faults 13, 0, rdmsr
    user_faults 13, 0, wrmsr
    equals eax, 0x11111111
    v86_faults IOPL(3), 13, 0, rdmsr
    finish
