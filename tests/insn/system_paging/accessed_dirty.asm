; Accessed and dirty bits: which accesses set which, at both levels and in 4 MiB pages; not by accesses that fault; 100 pages in a loop
; mode: system
; manual: SDM vol. 3A, 4.8
; output: PASS
%include "system.inc"
PAGE equ 0x400000
TABLE equ 0x22000
%macro map 1
    mov dword [PAGE_DIRECTORY + 4], TABLE + 7
    mov dword [TABLE], FREE_MEMORY + (%1)
    invlpg [PAGE]
%endmacro
%macro bits_are 2                       ; of the directory, of the table
    mov eax, [PAGE_DIRECTORY + 4]
    and eax, 0x60
    equals eax, %1
    mov eax, [TABLE]
    and eax, 0x60
    equals eax, %2
%endmacro
start:
    enable_paging
    mov edi, TABLE
    mov ecx, 1024
    mov eax, FREE_MEMORY + 7
.fill:
    stosd
    loop .fill
    map 7
    bits_are 0, 0
    mov al, [PAGE]
    bits_are 0x20, 0x20
    mov [PAGE], al
    bits_are 0x20, 0x60
    map 7
    mov [PAGE + 5], al
    bits_are 0x20, 0x60
    map 7
    user_runs {mov al, [PAGE + 5]}
    bits_are 0x20, 0x20
    user_runs {mov [PAGE + 5], al}
    bits_are 0x20, 0x60
    map 7
    cmp byte [PAGE], 0                  ; reads
    bits_are 0x20, 0x20
    map 7
    invlpg [PAGE]
    bits_are 0, 0
    ; CMPXCHG writes even if it does not match
    mov eax, 1
    mov dword [FREE_MEMORY], 2
    cmpxchg [PAGE], eax
    bits_are 0x20, 0x60
    ; faults
    map 3
    user_faults 14, 5, mov al, [PAGE]
    mov eax, [TABLE]
    and eax, 0x40
    equals eax, 0
    map 5
    user_faults 14, 7, mov [PAGE], al
    mov eax, [TABLE]
    and eax, 0x40
    equals eax, 0
    set_cr0 CR0_WP, 0
    faults 14, 3, mov [PAGE], al
    mov eax, [TABLE]
    and eax, 0x40
    equals eax, 0
    set_cr0 0, CR0_WP
    mov [PAGE], al
    bits_are 0x20, 0x60
    ; a fetch
    map 7
    mov byte [FREE_MEMORY + 0x10], 0xC3
    mov eax, PAGE + 0x10
    call eax
    bits_are 0x20, 0x20
    ; D is not cleared by reading; a cleared D is set again after INVLPG
    map 0x67
    mov al, [PAGE]
    bits_are 0x20, 0x60
    mov dword [TABLE], FREE_MEMORY + 7
    invlpg [PAGE]
    mov al, [PAGE]
    mov [PAGE], al
    bits_are 0x20, 0x60
    mov dword [TABLE], FREE_MEMORY + 0x27
    mov eax, cr3
    mov cr3, eax
    mov [PAGE], al
    bits_are 0x20, 0x60
    ; pushes and the implicit accesses of descriptor loads
    map 7
    mov ebp, esp
    mov esp, PAGE + 0x800
    push eax
    mov esp, ebp
    bits_are 0x20, 0x60
    map 7
    set_descriptor SLOT, PAGE, 0xFFF, 0x082
    mov ax, SLOT
    lldt ax
    bits_are 0, 0
    mov dword [FREE_MEMORY + 8], 0x0000FFFF
    mov dword [FREE_MEMORY + 12], 0x0000F300
    mov eax, 0xC
    mov fs, ax                          ; accessed already: read only
    bits_are 0x20, 0x20
    mov dword [FREE_MEMORY + 12], 0x0000F200
    mov eax, 0xC
    mov fs, ax                          ; sets A in the descriptor
    bits_are 0x20, 0x60
    xor eax, eax
    lldt ax
    mov fs, ax
    ; 100 pages: read the even, write the odd
    mov edi, TABLE
    mov ecx, 100
    mov eax, FREE_MEMORY + 7
    rep stosd
    mov eax, cr3
    mov cr3, eax
    mov ebx, PAGE
    mov ecx, 50
.loop:
    mov eax, [ebx]
    inc dword [ebx + 0x1000]
    add ebx, 0x2000
    loop .loop
    mov ecx, 50
    mov esi, TABLE
    xor edx, edx
.count:
    lodsd
    and eax, 0x60
    add edx, eax
    lodsd
    and eax, 0x60
    add edx, eax
    loop .count
    equals edx, 50 * 0x80
    ; 4 MiB pages
    set_cr4 CR4_PSE, 0
    mov dword [PAGE_DIRECTORY + 8], 0x87
    mov eax, [0x800000 + SCRATCH]
    mov eax, [PAGE_DIRECTORY + 8]
    equals eax, 0xA7
    user_runs {mov [0x800000 + SCRATCH], eax}
    mov eax, [PAGE_DIRECTORY + 8]
    equals eax, 0xE7
    finish
