; Global pages, MOV CR3, INVLPG and CR4.PGE: what must be seen after each, with 4 KiB and 4 MiB pages; address spaces in turn
; mode: system
; manual: SDM vol. 3A, 4.10.2.4 and 4.10.4
; output: PASS
%include "system.inc"
PAGE equ 0x400000
TABLE equ 0x22000
DIRECTORY2 equ 0x23000
TABLE2 equ 0x24000
FRAME_A equ FREE_MEMORY
FRAME_B equ FREE_MEMORY + 0x1000
start:
    enable_paging
    set_cr4 CR4_PGE | CR4_PSE, 0
    mov dword [FRAME_A], 'AAAA'
    mov dword [FRAME_B], 'BBBB'
    mov edi, TABLE
    mov ecx, 0x800
    xor eax, eax
    rep stosd
    mov dword [PAGE_DIRECTORY + 4], TABLE + 7
    ; a page that is not global: MOV CR3 is enough
    mov dword [TABLE], FRAME_A + 7
    equals [PAGE], 'AAAA'
    mov dword [TABLE], FRAME_B + 7
    mov eax, cr3
    mov cr3, eax
    equals [PAGE], 'BBBB'
    ; a global one: INVLPG, or a change of PGE
    mov dword [TABLE], FRAME_A + 0x107
    invlpg [PAGE]
    equals [PAGE], 'AAAA'
    mov eax, cr3
    mov cr3, eax
    equals [PAGE], 'AAAA'
    mov dword [TABLE], FRAME_B + 0x107
    invlpg [PAGE + 0xFFF]
    equals [PAGE], 'BBBB'
    mov dword [TABLE], FRAME_A + 0x107
    set_cr4 0, CR4_PGE
    equals [PAGE], 'AAAA'
    set_cr4 CR4_PGE, 0
    equals [PAGE], 'AAAA'
    mov dword [TABLE], 0
    set_cr4 0, CR4_PGE
    set_cr4 CR4_PGE, 0
    faults 14, 0, mov eax, [PAGE]
    ; a write to a global page that is read-only; rights too come anew
    mov dword [TABLE], FRAME_A + 0x105
    user_faults 14, 7, mov [PAGE], eax
    mov dword [TABLE], FRAME_A + 0x107
    invlpg [PAGE]
    mov eax, 'aaaa'
    user_runs {mov [PAGE], eax}
    equals [FRAME_A], 'aaaa'
    ; 4 MiB, global: INVLPG anywhere in it drops all
    mov dword [PAGE_DIRECTORY + 8], 0x187
    equals [0x800000 + FRAME_A], 'aaaa'
    equals [0x800000 + FRAME_B], 'BBBB'
    mov dword [PAGE_DIRECTORY + 8], 0
    invlpg [0x800000 + 0x3FF000]
    faults 14, 0, mov eax, [0x800000 + FRAME_A]
    faults 14, 0, mov eax, [0x800000 + FRAME_B]
    ; two address spaces that differ in one page, 100 times
    mov esi, PAGE_DIRECTORY
    mov edi, DIRECTORY2
    mov ecx, 1024
    rep movsd
    mov dword [DIRECTORY2 + 4], TABLE2 + 7
    mov dword [TABLE], FRAME_A + 7
    mov dword [TABLE2], FRAME_B + 7
    mov dword [FRAME_A], 0
    mov dword [FRAME_B], 0
    invlpg [PAGE]
    mov ecx, 100
    mov eax, PAGE_DIRECTORY
    mov edx, DIRECTORY2
.loop:
    mov cr3, eax
    inc dword [PAGE]
    mov cr3, edx
    add dword [PAGE], 2
    xchg eax, edx
    xchg eax, edx
    loop .loop
    mov cr3, eax
    equals [PAGE], 100
    equals [FRAME_B], 200
    ; code at one address in two spaces
    mov dword [FRAME_A + 0x10], 0xC301B0    ; MOV AL, 1; RET
    mov dword [FRAME_B + 0x10], 0xC302B0
    mov ecx, 100
    xor ebx, ebx
    mov esi, PAGE_DIRECTORY
.code:
    mov cr3, esi
    mov edx, PAGE + 0x10
    call edx
    movzx eax, al
    add ebx, eax
    xor esi, PAGE_DIRECTORY ^ DIRECTORY2
    loop .code
    equals ebx, 150
    ; the same at CPL 3: INT 31h changes the space
    set_gate IDT + 8 * 0x31, CODE32, .switch, 0xEE
    mov cr3, esi
    in_user .user
    fault_was 0x30, 0, .user_end
    equals ebx, 150
    finish
.switch:
    xor esi, PAGE_DIRECTORY ^ DIRECTORY2
    mov cr3, esi
    iretd
.user:
    mov ecx, 100
    xor ebx, ebx
    mov edx, PAGE + 0x10
.user_loop:
    call edx
    movzx eax, al
    add ebx, eax
    int 0x31
    loop .user_loop
    int 0x30
.user_end:
