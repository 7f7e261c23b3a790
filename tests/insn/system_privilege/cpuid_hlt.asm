; CPUID, HLT, MOV to and from control and debug registers, LMSW, INVLPG, INVD, WBINVD: at CPL 0 and CPL 3, flags kept
; mode: system
; manual: SDM vol. 2; vol. 3A, 5.9
; output: PASS
%include "system.inc"
%macro kept 1+                          ; runs with all arithmetic flags set and clear: MOV CRn leaves them undefined
    push dword 0x8D5 | 2
    popfd
    %1
    flags_are 0x8D5, 0x8D5
    push dword 2
    popfd
    %1
    flags_are 0, 0x8D5
%endmacro
start:
    xor eax, eax
    cpuid
    mov esi, eax
    mov edi, ebx
    mov ebp, edx
    xor eax, eax
    user_runs cpuid
    equals eax, esi
    equals ebx, edi
    equals edx, ebp
    xor eax, eax
    v86_runs 0, cpuid
    equals ebx, edi
    kept call .cpuid
    mov ecx, 100
.loop:
    push ecx
    mov eax, 1
    cpuid
    pop ecx
    test dl, 1
    jz .end
    loop .loop
.end:
    equals ecx, 0
    ; control registers
    mov eax, 0x13579BDF
    mov cr2, eax
    xor eax, eax
    mov ebx, cr2
    equals ebx, 0x13579BDF
    mov eax, 0x20018
    mov cr3, eax
    mov ebx, cr3
    equals ebx, 0x20018
    user_faults 13, 0, mov cr2, eax
    user_faults 13, 0, mov eax, cr2
    user_faults 13, 0, mov eax, cr3
    user_faults 13, 0, mov cr4, eax
    user_faults 6, 0, {db 0x0F, 0x20, 0xC8}     ; CR1: #UD goes first
    user_faults 6, 0, {db 0x0F, 0x22, 0xE8}
    user_faults 13, 0, mov ebx, dr7
    user_faults 13, 0, mov ebx, dr6
    user_faults 13, 0, mov dr0, ebx
    user_faults 13, 0, lmsw ax
    user_faults 13, 0, lmsw [SCRATCH]
    user_faults 13, 0, invd
    user_faults 13, 0, wbinvd
    user_faults 13, 0, invlpg [SCRATCH]
    user_faults 13, 0, hlt
    v86_faults IOPL(3), 13, 0, mov ebx, cr2
    v86_faults IOPL(3), 13, 0, invlpg [SCRATCH]
    v86_faults IOPL(3), 13, 0, mov dr0, ebx
    v86_faults IOPL(3), 13, 0, lmsw ax
    faults 6, 0, {db 0x0F, 0x01, 0xF8}          ; INVLPG of a register (SWAPGS elsewhere)
    ; the two mode bits of MOV CR do not matter: it is a register
    db 0x0F, 0x20, 0x13                         ; MOV EBX, CR2 with mod 0
    equals ebx, 0x13579BDF
    ; debug registers
    mov eax, 0xDEADBEEF
    mov dr0, eax
    mov eax, 0xFFFF0FF0
    mov dr6, eax
    mov ebx, dr0
    equals ebx, 0xDEADBEEF
    mov ebx, dr6
    equals ebx, 0xFFFF0FF0
    mov eax, 0x400
    mov dr7, eax
    mov ecx, 100
.registers:
    mov dr3, ecx
    mov cr2, ecx
    mov eax, dr3
    mov ebx, cr2
    sub eax, ebx
    jnz .end2
    invlpg [ecx]
    loop .registers
.end2:
    equals ecx, 0
    ; INVLPG: no limit, no rights, no address is checked
    invlpg [0xFFFFFFFF]
    xor eax, eax
    mov gs, ax
    invlpg [gs:eax]
    kept {invlpg [eax]}
    kept {wbinvd}
    kept {clts}
    kept call .segments
    kept call .tables
    finish
.cpuid:
    mov eax, 1
    cpuid
    ret
.segments:
    mov ax, 0x10
    mov gs, ax
    push gs
    pop fs
    ret
.tables:
    sgdt [SCRATCH]
    lgdt [SCRATCH]
    sidt [SCRATCH]
    lidt [SCRATCH]
    str ax
    sldt ax
    smsw ax
    lmsw ax
    ret
