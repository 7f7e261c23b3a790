; Reserved bits: in 4 MiB entries, in PAE entries of every level with and without NXE; error codes for user and supervisor; PDPTEs by CR0, CR3, CR4
; mode: system
; manual: SDM vol. 3A, 4.3, 4.4.1, 4.4.2 and 4.7
; output: PASS
%include "system.inc"
PDPT equ 0x22020
DIRECTORY equ 0x23000
TABLE equ 0x24000
%macro all_fault 2                      ; address, error code of a supervisor's read
    faults 14, %2, mov eax, [%1]
    equals [recorded_cr2], %1
    faults 14, %2 + 2, mov [%1], eax
    user_faults 14, %2 + 4, mov eax, [%1]
    user_faults 14, %2 + 6, mov [%1], eax
    equals [recorded_cr2], %1
    in_user %1
    fault_was 14, %2 + 4 + fetch, %1
%endmacro
%define fetch 0
start:
    ; without PSE bit 7 of a directory entry means nothing
    enable_paging
    mov dword [PAGE_TABLE + 4 * 5], SCRATCH + 7
    mov dword [SCRATCH], 0x1234
    mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE + 0x87
    equals [0x400000 + SCRATCH], 0x1234
    set_cr4 CR4_PSE, 0
    mov dword [PAGE_DIRECTORY + 4], 0x200087     ; bit 21
    invlpg [0x400000]
    all_fault 0x401234, 9
    mov dword [PAGE_DIRECTORY + 4], 0x200086     ; not present: not reserved
    all_fault 0x401234, 0
    mov dword [PAGE_DIRECTORY + 4], 0x200083     ; supervisor: the reserved bit is what counts
    all_fault 0x401234, 9
    mov dword [PAGE_DIRECTORY + 4], 0x1087       ; PAT
    equals [0x400000 + SCRATCH], 0x1234
    ; PSE-36: bits 13 to 16 are bits 32 to 35 of the address; there is nothing
    mov dword [PAGE_DIRECTORY + 4], 0x2087
    invlpg [0x400000]
    equals [0x400000 + SCRATCH], 0xFFFFFFFF
    mov dword [PAGE_DIRECTORY + 4], 0x1E087
    invlpg [0x400000]
    equals [0x400000 + SCRATCH], 0xFFFFFFFF
    set_cr0 0, CR0_PG
    ; PAE
    mov edi, 0x22000
    mov ecx, 0xC00
    xor eax, eax
    rep stosd
    mov dword [PDPT], DIRECTORY + 1
    mov dword [DIRECTORY], 0xE7
    mov dword [DIRECTORY + 8], TABLE + 7
    set_cr4 CR4_PAE, 0
    mov eax, PDPT
    mov cr3, eax
    set_cr0 CR0_PG, 0
%macro refused 2                        ; low, high of the third entry: by MOV CR3
    mov dword [PDPT + 16], %1
    mov dword [PDPT + 20], %2
    mov eax, PDPT
    faults 13, 0, mov cr3, eax
%endmacro
    refused DIRECTORY + 3, 0
    refused DIRECTORY + 5, 0
    refused DIRECTORY + 0x21, 0
    refused DIRECTORY + 0x41, 0
    refused DIRECTORY + 0x81, 0
    refused DIRECTORY + 0x101, 0
    refused DIRECTORY + 1, 0x80000000
    refused DIRECTORY + 1, 0x00100000
    mov dword [PDPT + 16], DIRECTORY + 0xE19     ; PWT, PCD and the free bits
    mov dword [PDPT + 20], 0
    mov eax, PDPT
    mov cr3, eax
    equals [0x80000000 + SCRATCH], 0x1234
    mov dword [PDPT + 16], DIRECTORY + 3
    mov eax, cr0                                ; a change of CD loads them as well
    or eax, 0x40000000
    faults 13, 0, mov cr0, eax
    mov eax, cr4                                ; and one of PGE
    or eax, CR4_PGE
    faults 13, 0, mov cr4, eax
    mov eax, cr0
    and eax, 0x40000000
    equals eax, 0
    mov eax, cr4
    and eax, CR4_PGE
    equals eax, 0
    set_cr0 0, CR0_PG
    mov eax, PDPT
    mov cr3, eax                                ; without paging nobody looks
    mov eax, cr0
    or eax, CR0_PG
    faults 13, 0, mov cr0, eax
    mov dword [PDPT + 16], 0
    mov cr0, eax
    ; entries: 200000 is mapped by TABLE
    mov dword [TABLE], FREE_MEMORY + 7
    mov eax, [0x200000]
%macro entry 3                          ; which, low, high
    mov dword [%1], %2
    mov dword [%1 + 4], %3
    invlpg [0x200000]
%endmacro
%assign fetch 0
    entry TABLE, FREE_MEMORY + 7, 0x80000000            ; NX without NXE
    all_fault 0x200123, 9
    entry TABLE, FREE_MEMORY + 7, 0x40000000
    all_fault 0x200123, 9
    entry TABLE, FREE_MEMORY + 6, 0xFFFFFFFF
    all_fault 0x200123, 0
    entry TABLE, FREE_MEMORY + 7, 0
    entry DIRECTORY + 8, TABLE + 7, 0x80000000
    all_fault 0x200123, 9
    entry DIRECTORY + 8, TABLE + 7, 0x00100000
    all_fault 0x200123, 9
    entry DIRECTORY + 8, 0x2087, 0                      ; 2 MiB: bits 13 to 20
    all_fault 0x200123, 9
    entry DIRECTORY + 8, 0x100087, 0
    all_fault 0x200123, 9
    write_msr 0xC0000080, 0, 0x800
%assign fetch 0x10
    entry DIRECTORY + 8, TABLE + 7, 0
    entry TABLE, FREE_MEMORY + 7, 0x40000000
    all_fault 0x200123, 9
    entry TABLE, FREE_MEMORY + 7, 0x80000000            ; now it is NX
    mov eax, [0x200123]
    user_runs {mov [0x200123], eax}
    in_user 0x200123
    fault_was 14, 0x15, 0x200123
    entry TABLE, FREE_MEMORY + 3, 0x80000000
    in_user 0x200123
    fault_was 14, 0x15, 0x200123
    entry TABLE, FREE_MEMORY + 6, 0x80000000
    in_user 0x200123
    fault_was 14, 0x14, 0x200123
    entry TABLE, FREE_MEMORY + 7, 0
    entry DIRECTORY + 8, TABLE + 7, 0x80000000
    mov eax, [0x200123]
    in_user 0x200123
    fault_was 14, 0x15, 0x200123
    entry DIRECTORY + 8, 0x87, 0x80000000               ; 2 MiB
    in_user 0x200123
    fault_was 14, 0x15, 0x200123
    finish
