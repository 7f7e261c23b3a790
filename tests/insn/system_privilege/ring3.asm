; Privileged instructions at CPL 3: #GP(0), nothing else changes
; mode: system
; manual: SDM vol. 3A, 5.9
; output: PASS
%include "system.inc"
%macro privileged 1+
    jmp %%test
%%at:
    %1
%%test:
    in_user %%at
    fault_was 13, 0, %%at
%endmacro
start:
    privileged hlt
    privileged cli
    privileged sti
    privileged clts
    privileged invd
    privileged wbinvd
    privileged mov eax, cr0
    privileged mov cr0, eax
    privileged mov cr3, eax
    privileged mov eax, cr4
    privileged mov eax, dr0
    privileged mov dr7, eax
    privileged lgdt [gdt_pointer]
    privileged lidt [idt_pointer]
    privileged lldt ax
    privileged ltr ax
    privileged lmsw ax
    privileged invlpg [0]
    privileged rdmsr
    privileged wrmsr
    privileged rdpmc
    privileged in al, 0x60
    privileged out 0x60, al
    privileged insb
    privileged outsb
    privileged sysexit
    ; RDTSC unless CR4.TSD
    in_user .tsc
    fault_was 0x30, 0, .tsc_end
    mov eax, cr4
    or eax, 4
    mov cr4, eax
    privileged rdtsc
    rdtsc
    ; INT n to a gate of DPL 0
    mov byte [IDT + 0x30 * 8 + 5], 0x8E
    in_user .int
    fault_was 13, 0x30 * 8 + 2, .int
    finish
.int: int 0x30
.tsc:
    rdtsc
    int 0x30
.tsc_end:
