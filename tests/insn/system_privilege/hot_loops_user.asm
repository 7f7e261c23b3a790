; The sensitive instructions that CPL 3 may execute, each 100 times in a loop: PUSHF, POPF, INT and IRET, SYSENTER and SYSEXIT, segment loads, LAR, LSL, VERR, VERW, STR, SGDT, IN, OUT, CPUID, RDTSC; and 100 faults of each that it may not
; mode: system
; manual: SDM vol. 2; vol. 3A, 5.9
; output: PASS
%include "system.inc"
%macro loop_of 2+                       ; expected EBX, instructions of one round (a label ending in RET)
    mov dword [round], %2
    xor ebx, ebx
    in_user .user
    fault_was 0x30, 0, .user_end
    equals ecx, 0
    equals ebx, %1
%endmacro
%macro refused_100 1+
    jmp %%run
%%at:
    %1
%%end:
    inc ebx
    dec ecx
    jnz %%at
    int 0x30
%%int:
%%run:
    mov dword [length], %%end - %%at
    mov ecx, 100
    xor ebx, ebx
    in_user %%at
    fault_was 0x30, 0, %%int
    equals ebx, 100
%endmacro
start:
    mov dword [user_flags], IF | 2
    set_gate IDT + 8 * 0x40, CODE32, .count, 0xEE
    set_gate IDT + 8 * 0x41, CODE32, .count, 0xEF
    set_descriptor CODE32 + 16, 0, 0xFFFFF, 0xCFB
    write_msr 0x174, 0, CODE32
    write_msr 0x175, 0, STACK0_INNER
    write_msr 0x176, 0, .kernel
    loop_of 100 * IF, .flags
    loop_of 400, .ints
    loop_of 100, .system
    loop_of 300, .segments
    loop_of 400, .selectors
    loop_of 100, .stores
    loop_of 100, .counters
    mov dword [user_flags], IOPL(3) | 2
    loop_of 200 * IF, .io
    ; what it may not: a handler that steps over it
    mov dword [user_flags], 2
    set_gate IDT + 8 * 13, CODE32, .step_over, 0x8E
    refused_100 cli
    refused_100 sti
    refused_100 hlt
    refused_100 clts
    refused_100 in al, 0x60
    refused_100 out 0x60, al
    refused_100 insb
    refused_100 mov eax, cr0
    refused_100 mov cr3, eax
    refused_100 mov dr7, eax
    refused_100 mov eax, dr6
    refused_100 lgdt [SCRATCH]
    refused_100 lidt [SCRATCH]
    refused_100 lldt ax
    refused_100 ltr ax
    refused_100 lmsw ax
    refused_100 invlpg [SCRATCH]
    refused_100 wbinvd
    refused_100 rdmsr
    refused_100 wrmsr
    refused_100 sysexit
    mov byte [IDT + 8 * 0x42 + 5], 0x8E
    refused_100 int 0x42
    finish
.user:
    mov ecx, 100
.user_loop:
    call [round]
    dec ecx
    jnz .user_loop
    int 0x30
.user_end:
.flags:
    pushfd
    xor dword [esp], IF | IOPL(3)       ; ignored
    popfd
    pushfd
    pop eax
    and eax, IF
    add ebx, eax
    ret
.ints:
    stc
    int 0x40
    adc ebx, 0
    int 0x41
    add ebx, edx
    ret
.count:
    mov edx, 1
    inc ebx
    clc
    iretd
.system:
    mov esi, esp
    mov edi, .returned
    sysenter
.kernel:
    inc ebx
    mov ecx, esi
    mov edx, edi
    sysexit
.returned:
    mov ecx, [saved_count]
    dec dword [saved_count]
    mov ecx, [saved_count]
    inc ecx
    ret
.segments:
    mov dword [SCRATCH], 1
    mov eax, USER_DATA
    mov es, ax
    add ebx, [es:SCRATCH]
    push es
    pop fs
    add ebx, [fs:SCRATCH]
    xor eax, eax
    mov gs, ax
    mov ax, ds
    mov gs, ax
    mov ss, ax
    add ebx, [gs:SCRATCH]
    ret
.selectors:
    mov eax, USER_DATA
    lar edx, eax
    setz dl
    movzx edx, dl
    add ebx, edx
    lsl edx, eax
    sub edx, -2
    add ebx, edx
    verr ax
    setz dl
    movzx edx, dl
    add ebx, edx
    mov eax, DATA32                     ; not visible with RPL 0 either: DPL 0
    verw ax
    setnz dl
    movzx edx, dl
    add ebx, edx
    ret
.stores:
    str ax
    sldt dx
    cmp ax, TASK
    jne .no
    smsw ax
    test al, 1
    jz .no
    sgdt [SCRATCH]
    sidt [SCRATCH + 8]
    cmp dword [SCRATCH + 2], gdt
    jne .no
    inc ebx
.no:
    ret
.counters:
    push ecx
    push ebx
    rdtsc
    xor eax, eax
    cpuid
    pop ebx
    pop ecx
    inc ebx
    ret
.io:
    in al, 0x80
    out 0x80, al
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
    cli
    push dword IF | 2
    popfd                               ; IOPL 3 lets it
    pushfd
    pop eax
    and eax, IF
    add ebx, eax
    cli
    ret
.step_over:
    push eax
    mov eax, [ss:length]
    add [esp + 8], eax
    pop eax
    add esp, 4
    iretd
align 4
round: dd 0
length: dd 0
saved_count: dd 100
