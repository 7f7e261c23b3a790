; Code that is changed through another linear address of its frame, by CPL 0 while CPL 3 runs it, and by a change of the mapping
; mode: system
; manual: SDM vol. 3A, 8.1.3 and 11.6
; output: PASS
%include "system.inc"
CODE_ equ 0x400000                      ; two addresses of one frame
ALIAS equ 0x401000
OTHER equ 0x402000
TABLE equ 0x22000
start:
    enable_paging
    mov edi, TABLE
    mov ecx, 1024
    xor eax, eax
    rep stosd
    mov dword [PAGE_DIRECTORY + 4], TABLE + 7
    mov dword [TABLE], FREE_MEMORY + 7
    mov dword [TABLE + 4], FREE_MEMORY + 7
    mov dword [TABLE + 8], FREE_MEMORY + 0x1007
    ; MOV EAX, n; RET: n is changed 100 times through the alias
    mov byte [CODE_], 0xB8
    mov dword [CODE_ + 1], 0
    mov byte [CODE_ + 5], 0xC3
    mov ecx, 100
    xor ebx, ebx
    mov edx, CODE_
.loop:
    mov [ALIAS + 1], ecx
    call edx
    add ebx, eax
    loop .loop
    equals ebx, 5050
    ; through the physical address, and run through both
    mov ecx, 50
    xor ebx, ebx
.both:
    mov [FREE_MEMORY + 1], ecx
    mov edx, CODE_
    call edx
    add ebx, eax
    mov edx, ALIAS
    call edx
    add ebx, eax
    loop .both
    equals ebx, 2550
    ; the mapping alternates between two frames with different code at one address
    mov byte [OTHER], 0xB8
    mov dword [OTHER + 1], 1000
    mov byte [OTHER + 5], 0xC3
    mov dword [CODE_ + 1], 1
    mov ecx, 100
    xor ebx, ebx
    mov edx, CODE_
.remap:
    xor dword [TABLE], FREE_MEMORY ^ (FREE_MEMORY + 0x1000)
    and dword [TABLE], ~0x60
    invlpg [CODE_]
    call edx
    add ebx, eax
    loop .remap
    equals ebx, 50 * 1001
    ; CPL 3 asks by INT 31h; CPL 0 changes its code
    set_gate IDT + 8 * 0x31, CODE32, .change, 0xEE
    mov dword [TABLE], FREE_MEMORY + 7
    invlpg [CODE_]
    in_user .user
    fault_was 0x30, 0, .user_end
    equals ebx, 5050
    finish
.change:
    mov [ss:ALIAS + 1], ecx
    iretd
.user:
    mov ecx, 100
    xor ebx, ebx
    mov edx, CODE_
.user_loop:
    int 0x31
    call edx
    add ebx, eax
    loop .user_loop
    int 0x30
.user_end:
