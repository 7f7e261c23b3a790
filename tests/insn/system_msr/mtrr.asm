; MTRRs: capabilities, fixed and variable ranges read back, reserved types and bits give #GP and change nothing
; mode: system
; manual: SDM vol. 3A, 12.11
; output: PASS
%include "system.inc"
%macro refused 3
    mov ecx, %1
    mov edx, %2
    mov eax, %3
    faults 13, 0, wrmsr
%endmacro
start:
    read_msr 0xFE
    equals edx, 0
    mov ebx, eax
    and eax, 0xFF
    equals eax, 8                       ; variable ranges
    and ebx, 0x500
    equals ebx, 0x500                   ; fixed ranges, write combining
    refused 0xFE, 0, 0x508              ; read-only
    ; fixed: every one of the eleven, with all types
%macro fixed 1
    write_msr %1, 0x06050401, 0x00060501
    msr_is %1, 0x06050401, 0x00060501
    refused %1, 0, 2
    refused %1, 0, 3
    refused %1, 0, 0x0700
    refused %1, 0x08000000, 0
    refused %1, 0, 0x80000000
    msr_is %1, 0x06050401, 0x00060501
    write_msr %1, 0x06060606, 0x06060606
%endmacro
    fixed 0x250
    fixed 0x258
    fixed 0x259
%assign i 0x268
%rep 8
    fixed i
%assign i i + 1
%endrep
    mov ecx, 0x251
    faults 13, 0, rdmsr
    mov ecx, 0x25A
    faults 13, 0, rdmsr
    mov ecx, 0x267
    faults 13, 0, rdmsr
    mov ecx, 0x270
    faults 13, 0, rdmsr
    ; variable: base and mask
%assign i 0x200
%rep 8
    write_msr i, 0, 0xFE000000 + (i << 12) + 6
    write_msr i + 1, 0xF, 0xFFFFF800
    msr_is i, 0, 0xFE000000 + (i << 12) + 6
    msr_is i + 1, 0xF, 0xFFFFF800
    refused i, 0, 2                     ; type
    refused i, 0, 0x106                 ; bits 8 to 11
    refused i, 0, 0x806
    refused i, 0x80000000, 6            ; beyond the physical address
    refused i + 1, 0, 0x700             ; bits 0 to 10
    refused i + 1, 0, 1
    refused i + 1, 0x40000000, 0x800
    msr_is i, 0, 0xFE000000 + (i << 12) + 6
    msr_is i + 1, 0xF, 0xFFFFF800
    write_msr i + 1, 0, 0
%assign i i + 2
%endrep
    mov ecx, 0x210
    faults 13, 0, rdmsr
    ; default type
    write_msr 0x2FF, 0, 0xC06
    msr_is 0x2FF, 0, 0xC06
    refused 0x2FF, 0, 0xC02
    refused 0x2FF, 0, 0x1C06
    refused 0x2FF, 0, 0x106
    refused 0x2FF, 1, 0xC06
    msr_is 0x2FF, 0, 0xC06
    write_msr 0x2FF, 0, 0
    msr_is 0x2FF, 0, 0
    ; memory works whatever they say
    write_msr 0x2FF, 0, 0xC00
    mov ecx, 100
    xor eax, eax
.loop:
    add eax, ecx
    mov [SCRATCH], eax
    loop .loop
    equals [SCRATCH], 5050
    ; not at CPL 3, nor in virtual-8086 mode
    mov ecx, 0x2FF
    user_faults 13, 0, rdmsr
    user_faults 13, 0, wrmsr
    v86_faults IOPL(3), 13, 0, rdmsr
    v86_faults IOPL(3), 13, 0, wrmsr
    finish
