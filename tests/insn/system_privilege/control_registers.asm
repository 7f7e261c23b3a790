; MOV to control registers: combinations and reserved bits that give #GP; CR1; LOCK
; mode: system
; manual: SDM vol. 2B, MOV (control registers); vol. 3A, 2.5
; output: PASS
%include "system.inc"
start:
    mov eax, 0x80000000                 ; PG without PE
    faults 13, 0, mov cr0, eax
    mov eax, 0x20000031                 ; NW without CD
    faults 13, 0, mov cr0, eax
    mov eax, 0x80000000
    faults 13, 0, mov cr4, eax          ; reserved
    faults 6, 0, {db 0x0F, 0x20, 0xC8}  ; MOV EAX, CR1
    faults 6, 0, {db 0x0F, 0x22, 0xE8}  ; MOV CR5, EAX
    mov eax, cr0
    and al, ~8
    mov cr0, eax
    mov ax, 0                           ; LMSW cannot clear PE
    lmsw ax
    smsw eax
    and eax, 1
    equals eax, 1
    mov ax, 0xB
    lmsw ax
    smsw eax
    and eax, 0xF
    equals eax, 0xB
    clts
    smsw eax
    and eax, 0xF
    equals eax, 3
    ; LOCK where it is not allowed
    faults 6, 0, {db 0xF0, 0x90}
    faults 6, 0, {db 0xF0, 0x01, 0xC0}
    faults 6, 0, {db 0xF0, 0x8B, 0x00}
    faults 6, 0, {db 0xF0, 0x39, 0x00}
    mov ebx, SCRATCH
    lock inc dword [ebx]
    equals [SCRATCH], 1
    ; MSRs that do not exist
    mov ecx, 0x12345678
    faults 13, 0, rdmsr
    faults 13, 0, wrmsr
    finish
