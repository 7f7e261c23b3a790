; The sensitive instructions, each 100 times in a loop at CPL 0: CLI, STI, PUSHF, POPF, INT, IRET, IN, OUT, MOV CRn and DRn, segment loads, SMSW, STR, LAR, HLT
; mode: system
; manual: SDM vol. 2
; output: PASS
%include "system.inc"
APIC equ 0xFEE00000
%macro hundred 0
    mov ecx, 100
%%loop:
%push
%define %$again %%loop
%endmacro
%macro again 0
    dec ecx
    jnz %$again
%pop
%endmacro
start:
    set_gate IDT + 8 * 0x40, CODE32, .count, 0x8E
    set_gate IDT + 8 * 0x50, CODE32, .interrupt, 0x8E
    xor ebx, ebx
    hundred
    cli
    pushfd
    pop eax
    and eax, IF
    add ebx, eax
    sti
    pushfd
    pop eax
    and eax, IF
    add ebx, eax
    again
    cli
    equals ebx, 100 * IF
    ; POPF
    xor ebx, ebx
    hundred
    push dword IF | CF | 2
    popfd
    adc ebx, 0
    push dword 2
    popfd
    adc ebx, 0
    again
    equals ebx, 100
    ; INT and IRET, flags there and back
    xor ebx, ebx
    xor edi, edi
    hundred
    stc
    int 0x40
    adc ebx, 0
    again
    equals ebx, 100
    equals edi, 100
    ; an IRET frame made by hand
    xor ebx, ebx
    hundred
    push dword CF | 2
    push cs
    push dword .next
    iretd
.next:
    adc ebx, 0
    again
    equals ebx, 100
    ; IN and OUT
    hundred
    in al, 0x80
    out 0x80, al
    mov edx, 0x80
    in al, dx
    out dx, al
    again
    ; control registers
    xor ebx, ebx
    hundred
    mov eax, cr0
    xor eax, CR0_TS
    mov cr0, eax
    mov cr2, ecx
    mov edx, cr2
    add ebx, edx
    mov eax, cr3
    mov cr3, eax
    mov eax, cr4
    xor eax, CR4_TSD
    mov cr4, eax
    smsw ax
    clts
    again
    equals ebx, 5050
    ; debug registers
    xor ebx, ebx
    hundred
    mov dr1, ecx
    mov eax, dr1
    add ebx, eax
    mov eax, dr7
    mov dr7, eax
    mov eax, dr6
    mov dr6, eax
    again
    equals ebx, 5050
    ; segments
    mov dword [SCRATCH], 3
    xor ebx, ebx
    hundred
    mov eax, DATA32
    mov es, ax
    add ebx, [es:SCRATCH]
    push dword USER_DATA
    pop fs
    add ebx, [fs:SCRATCH]
    mov gs, ax
    push gs
    pop es
    mov ss, ax
    add ebx, [gs:SCRATCH]
    again
    equals ebx, 900
    ; selectors
    xor ebx, ebx
    hundred
    str ax
    add ebx, eax
    sldt ax
    mov eax, USER_DATA
    lar edx, eax
    jnz .bad
    lsl edx, eax
    jnz .bad
    verr ax
    jnz .bad
    verw ax
    jnz .bad
    sgdt [SCRATCH + 8]
    sidt [SCRATCH + 16]
    lgdt [SCRATCH + 8]
    lidt [SCRATCH + 16]
    again
.bad:
    equals ecx, 0
    ; MSRs, time, identity
    mov esi, 100
    xor edi, edi
.msr:
    write_msr 0x175, 0, esi
    read_msr 0x175
    add edi, eax
    rdtsc
    xor eax, eax
    cpuid
    dec esi
    jnz .msr
    equals edi, 5050
    ; HLT, woken by an interrupt that waits
    mov dword [APIC + 0xF0], 0x1FF
    xor edi, edi
    hundred
    cli
    mov dword [APIC + 0x310], 0
    mov dword [APIC + 0x300], 0x4050
    sti
    hlt
    again
    cli
    equals edi, 100
    ; INVLPG with paging on, and address-space switches
    enable_paging
    xor ebx, ebx
    hundred
    invlpg [SCRATCH]
    add ebx, [SCRATCH]
    mov eax, cr3
    mov cr3, eax
    add ebx, [SCRATCH]
    again
    equals ebx, 600
    finish
.count:
    inc edi
    clc
    iretd
.interrupt:
    inc edi
    mov dword [APIC + 0xB0], 0
    iretd
