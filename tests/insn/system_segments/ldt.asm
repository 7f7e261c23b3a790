; LLDT and selectors of the LDT
; mode: system
; manual: SDM vol. 2A, LLDT; vol. 3A, 3.5.1
; output: PASS
%include "system.inc"
start:
    set_descriptor SLOT, SCRATCH, 0x17, 0x082
    set_descriptor SLOT + 8, SCRATCH, 0x17, 0x002                   ; not present
    set_descriptor 0, SCRATCH + 0x100, 0xF, 0x093
    mov esi, gdt                                                    ; copy it to LDT entry 2
    mov edi, SCRATCH + 16
    movsd
    movsd
    mov dword [gdt], 0
    mov dword [gdt + 4], 0
    mov dword [SCRATCH + 0x104], 0x600DF00D
    mov eax, 0x14
    faults 13, 0x14, mov fs, ax                                     ; no LDT yet
    mov ax, SLOT + 8
    faults 11, SLOT + 8, lldt ax
    mov ax, DATA32
    faults 13, DATA32, lldt ax
    mov ax, SLOT | 4
    faults 13, SLOT | 4, lldt ax
    mov ax, 0x2000
    faults 13, 0x2000, lldt ax
    mov ax, SLOT
    lldt ax
    sldt ecx
    and ecx, 0xFFFF
    equals ecx, SLOT
    mov eax, 0x14
    mov fs, ax
    equals [fs:4], 0x600DF00D
    faults 13, 0, mov eax, [fs:0x10]
    mov eax, 0x1C                                                   ; entry 3 is beyond the limit
    faults 13, 0x1C, mov fs, ax
    mov eax, 0x0C                                                   ; entry 1 is empty: a system type
    faults 13, 0x0C, mov fs, ax
    mov eax, 4                                                      ; entry 0 of the LDT is not null, but empty here
    faults 13, 4, mov gs, ax
    xor eax, eax
    lldt ax
    equals [fs:4], 0x600DF00D                                       ; what is loaded stays
    mov eax, 0x14
    faults 13, 0x14, mov fs, ax
    finish
