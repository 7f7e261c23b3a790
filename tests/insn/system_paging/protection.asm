; Page faults: error codes, CR2, WP, accessed and dirty bits; TLB and INVLPG; 4 MiB pages with CR4.PSE
; mode: system
; manual: SDM vol. 3A, 4.3, 4.6 to 4.8, 4.10
; output: PASS
%include "system.inc"
PAGE equ 0x100000
PTE equ PAGE_TABLE + 4 * 0x100
start:
    enable_paging
    mov ebx, PAGE
    mov dword [PTE], 0
    invlpg [ebx]
    faults 14, 0, mov al, [ebx + 5]
    equals [recorded_cr2], PAGE + 5
    faults 14, 2, mov [ebx + 6], al
    in_user .read
    fault_was 14, 4, .read
    in_user .write
    fault_was 14, 6, .write
    mov dword [PTE], FREE_MEMORY + 3            ; supervisor
    in_user .read
    fault_was 14, 5, .read
    mov dword [PTE], FREE_MEMORY + 5            ; read-only, user
    in_user .write
    fault_was 14, 7, .write
    mov dword [PTE], FREE_MEMORY + 5
    invlpg [ebx]
    mov al, [ebx]
    equals [PTE], FREE_MEMORY + 0x25            ; A
    mov dword [ebx], 0x600D                     ; WP=0: the supervisor may
    equals [PTE], FREE_MEMORY + 0x65            ; D
    equals [FREE_MEMORY], 0x600D
    mov eax, cr0
    or eax, 0x10000
    mov cr0, eax
    faults 14, 3, mov [ebx], al
    mov eax, [PAGE_DIRECTORY]
    and eax, 0x20
    equals eax, 0x20
    ; an access across pages: CR2 is the first byte of the page that faults
    mov dword [PTE], FREE_MEMORY + 7
    mov dword [PTE + 4], 0
    invlpg [ebx]
    invlpg [ebx + 0x1000]
    mov dword [FREE_MEMORY + 0xFFC], 0x12345678
    faults 14, 2, mov [ebx + 0xFFE], eax
    equals [recorded_cr2], PAGE + 0x1000
    equals [FREE_MEMORY + 0xFFC], 0x12345678    ; nothing was written
    ; 4 MiB page, and INVLPG anywhere in it
    mov eax, cr4
    or eax, 0x10
    mov cr4, eax
    mov dword [PAGE_DIRECTORY + 8], 0x83        ; 8 MiB: physical 0
    mov eax, [0x800000 + FREE_MEMORY]
    equals eax, 0x600D
    mov eax, [0x800000 + FREE_MEMORY + 0xFFC]
    mov eax, [0x800000 + FREE_MEMORY + 0x1000]
    equals [PAGE_DIRECTORY + 8], 0xA3
    mov byte [0x800000 + SCRATCH], 1
    equals [PAGE_DIRECTORY + 8], 0xE3
    mov dword [PAGE_DIRECTORY + 8], 0
    invlpg [0xBFF000]
    faults 14, 0, mov eax, [0x800000 + FREE_MEMORY]
    faults 14, 0, mov eax, [0x800000 + FREE_MEMORY + 0x1000]
    ; a reserved bit of a 4 MiB entry
    mov dword [PAGE_DIRECTORY + 8], 0x200083
    faults 14, 9, mov eax, [0x800000]
    finish
.read: mov al, [ebx]
.write: mov [ebx], al
