; What the model max refuses beyond the manual's minimum: 36 physical address bits in MTRRs, EFER bits of 64-bit mode
; mode: system
; manual: SDM vol. 3A, 12.11.2.3; CPUID leaf 80000008
; bochs: it has 40 bits
; output: PASS
%include "system.inc"
%macro refused 3
    mov ecx, %1
    mov edx, %2
    mov eax, %3
    faults 13, 0, wrmsr
%endmacro
start:
    mov eax, 0x80000008
    cpuid
    equals eax, 0x2024
    write_msr 0x200, 0xF, 0xFFFFF006
    refused 0x200, 0x10, 6
    write_msr 0x201, 0xF, 0xFFFFF800
    refused 0x201, 0x1F, 0xFFFFF800
    refused 0xC0000080, 0, 0x100        ; LME
    refused 0xC0000080, 0, 1            ; SCE
    refused 0xC0000080, 0, 0x400        ; LMA
    ; TSC_ADJUST and TSC_AUX
    write_msr 0x3B, 0, 0
    write_msr 0x10, 0x12, 0x34560000
    read_msr 0x10
    equals edx, 0x12
    write_msr 0x3B, 0, 0
    read_msr 0x10
    equals edx, 0
    write_msr 0xC0000103, 0, 0x77
    rdtscp
    equals ecx, 0x77
    refused 0xC0000103, 1, 0
    user_runs rdtscp
    equals ecx, 0x77
    finish
