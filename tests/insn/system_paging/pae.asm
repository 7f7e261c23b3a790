; PAE: reserved bits of PDPTEs give #GP on MOV to CR3; they are cached; NX and its error code; 2 MiB pages and INVLPG
; mode: system
; manual: SDM vol. 3A, 4.4, 4.6 and 4.7
; output: PASS
%include "system.inc"
PDPT equ 0x20000
DIRECTORY equ 0x22000
TABLE equ 0x23000
start:
    mov edi, PDPT
    mov ecx, 0x1400
    xor eax, eax
    rep stosd
    mov dword [PDPT], DIRECTORY + 1
    mov dword [DIRECTORY], 0xE7                 ; 2 MiB pages: identity
    mov dword [DIRECTORY + 8], TABLE + 7
    mov dword [DIRECTORY + 16], 0x87            ; 4 MiB: physical 0 again
    mov dword [TABLE], FREE_MEMORY + 7
    mov eax, cr4
    or eax, 0x20
    mov cr4, eax
    mov eax, PDPT
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80010000
    mov cr0, eax
    ; reserved bits
    mov dword [PDPT + 8], DIRECTORY + 3
    mov eax, PDPT
    faults 13, 0, mov cr3, eax
    mov dword [PDPT + 8], DIRECTORY + 0x21
    faults 13, 0, mov cr3, eax
    mov dword [PDPT + 8], DIRECTORY + 1
    mov dword [PDPT + 12], 0x80000000
    faults 13, 0, mov cr3, eax
    mov dword [PDPT + 12], 0
    mov dword [PDPT + 8], 0x1E6                 ; not present: nothing is reserved
    mov cr3, eax
    ; the processor uses what it has loaded
    mov ecx, 0x40000000
    faults 14, 0, mov al, [ecx]
    mov dword [PDPT + 8], DIRECTORY + 1
    faults 14, 0, mov al, [ecx]
    mov cr3, eax
    mov dword [SCRATCH], 0xABCD
    equals [ecx + SCRATCH], 0xABCD
    ; 2 MiB pages: INVLPG drops all of it
    mov eax, [0x400000 + SCRATCH]
    equals eax, 0xABCD
    mov eax, [0x400000 + SCRATCH + 0x1000]
    mov dword [DIRECTORY + 16], 0
    invlpg [0x5FF000]
    faults 14, 0, mov eax, [0x400000 + SCRATCH]
    mov dword [DIRECTORY + 16], 0x2087          ; reserved bit 13
    faults 14, 9, mov eax, [0x400000]
    ; NX
    mov dword [TABLE + 4], 0x80000000           ; without EFER.NXE it is reserved
    faults 14, 9, mov eax, [0x200000]
    mov ecx, 0xC0000080
    rdmsr
    or eax, 0x800
    wrmsr
    mov byte [FREE_MEMORY], 0xC3
    mov eax, [0x200000]
    mov dword [resume], .after
    mov [resume_esp], esp
    mov eax, 0x200000
    call eax
.after:
    fault_was 14, 0x11, 0x200000
    equals [recorded_cr2], 0x200000
    in_user 0x200000
    fault_was 14, 0x15, 0x200000
    mov dword [TABLE + 4], 0
    invlpg [0x200000]
    mov eax, 0x200000
    call eax
    mov word [FREE_MEMORY + 8], 0x30CD          ; INT 30h
    in_user 0x200008
    fault_was 0x30, 0, 0x20000A
    finish
