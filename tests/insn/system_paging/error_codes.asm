; Page-fault error codes and CR2: user and supervisor, read, write, read-modify-write and fetch; absent, supervisor, read-only, at both levels
; mode: system
; manual: SDM vol. 3A, 4.6 and 4.7
; output: PASS
%include "system.inc"
PAGE equ 0x400000                       ; its own page table
TABLE equ 0x22000
%macro map 2                            ; directory bits, table bits
    mov dword [PAGE_DIRECTORY + 4], TABLE + (%1)
    mov dword [TABLE], FREE_MEMORY + (%2)
    invlpg [PAGE]
%endmacro
%macro expect 2+                        ; error code (or no), instruction at CPL 0
%ifidn %1, no
    %2
%else
    faults 14, %1, %2
    equals [recorded_cr2], PAGE + 0x123
%endif
%endmacro
%macro expect_user 2+
%ifidn %1, no
    user_runs %2
%else
    user_faults 14, %1, %2
    equals [recorded_cr2], PAGE + 0x123
%endif
%endmacro
; supervisor read, write; user read, write
%macro rights 4
    expect %1, cmp al, [ebx]
    expect %2, mov [ebx], al
    expect %2, add [ebx], al
    expect %2, lock dec byte [ebx]
    expect %2, xchg [ebx], al
    expect_user %3, cmp al, [ebx]
    expect_user %4, mov [ebx], al
    expect_user %4, add [ebx], al
    expect_user %4, lock dec byte [ebx]
    expect_user %4, bts dword [ebx], 3
%endmacro
start:
    enable_paging
    mov edi, TABLE
    mov ecx, 1024
    xor eax, eax
    rep stosd
    mov ebx, PAGE + 0x123
%macro all 0
    map 6, 7
    rights 0, 2, 4, 6                   ; not present in the directory
    map 7, 6
    rights 0, 2, 4, 6
    map 0, 0
    rights 0, 2, 4, 6
    map 7, 3                            ; supervisor
    rights no, no, 5, 7
    map 3, 7
    rights no, no, 5, 7
    map 7, 7
    rights no, no, no, no
    map 7, 0x187                 ; G, PAT, bits for software: no matter
    rights no, no, no, no
    map 7 + 0xE18, 7 + 0xE18
    rights no, no, no, no
%endmacro
    all
    map 7, 5                            ; read-only
    rights no, no, no, 7
    map 5, 7
    rights no, no, no, 7
    map 1, 1
    rights no, no, 5, 7
    set_cr0 CR0_WP, 0
    all
    map 7, 5
    rights no, 3, no, 7
    map 5, 7
    rights no, 3, no, 7
    map 1, 1
    rights no, 3, 5, 7
    ; fetches: no bit of their own without NX and SMEP
    set_cr0 0, CR0_WP
    map 7, 3
    mov byte [ebx], 0xC3
    call ebx
    in_user PAGE + 0x123
    fault_was 14, 5, PAGE + 0x123
    equals [recorded_cr2], PAGE + 0x123
    map 7, 6
    in_user PAGE + 0x123
    fault_was 14, 4, PAGE + 0x123
    mov dword [resume], .after
    mov [resume_esp], esp
    call ebx
.after:
    fault_was 14, 0, PAGE + 0x123
    ; accesses across the boundary: CR2 is the first byte that faults
    mov dword [TABLE + 4], FREE_MEMORY + 0x1003
    map 7, 7
    invlpg [PAGE + 0x1000]
    user_faults 14, 5, mov eax, [PAGE + 0xFFD]
    equals [recorded_cr2], PAGE + 0x1000
    user_faults 14, 7, mov [PAGE + 0xFFF], ax
    equals [recorded_cr2], PAGE + 0x1000
    user_faults 14, 7, add [PAGE + 0xFFE], eax
    equals [recorded_cr2], PAGE + 0x1000
    mov dword [TABLE], 0
    invlpg [PAGE]
    faults 14, 2, mov [PAGE + 0xFFE], eax
    equals [recorded_cr2], PAGE + 0xFFE
    ; SGDT and SIDT: the limit is stored first
    map 7, 6
    faults 14, 2, sgdt [ebx]
    equals [recorded_cr2], PAGE + 0x123
    user_faults 14, 6, sidt [ebx]
    equals [recorded_cr2], PAGE + 0x123
    ; an instruction across it
    map 7, 7
    mov dword [TABLE + 4], FREE_MEMORY + 0x1006
    invlpg [PAGE + 0x1000]
    mov word [PAGE + 0xFFE], 0x05C7     ; MOV [...], ...
    in_user PAGE + 0xFFE
    fault_was 14, 4, PAGE + 0xFFE
    equals [recorded_cr2], PAGE + 0x1000
    finish
