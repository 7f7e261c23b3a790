; An instruction across two pages whose second is mapped anew or written, 100 times each
; mode: system
; manual: SDM vol. 3A, 8.1.3 and 4.10.4
; bochs: it goes on with the first second page after INVLPG
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
    ; code across the boundary of two pages whose second is exchanged
    mov byte [CODE_ + 0xFFE], 0xB8      ; MOV EAX, imm32 from FFE to 1002
    mov byte [CODE_ + 0xFFF], 0x11
    mov word [FREE_MEMORY + 0x2000], 0x2222
    mov byte [FREE_MEMORY + 0x2002], 0x33
    mov byte [FREE_MEMORY + 0x2003], 0xC3
    mov word [FREE_MEMORY + 0x3000], 0x4444
    mov byte [FREE_MEMORY + 0x3002], 0x55
    mov byte [FREE_MEMORY + 0x3003], 0xC3
    mov dword [TABLE + 4], FREE_MEMORY + 0x2007
    invlpg [ALIAS]
    mov ecx, 100
    xor ebx, ebx
    mov edx, CODE_ + 0xFFE
.across:
    call edx
    add ebx, eax
    xor dword [TABLE + 4], (FREE_MEMORY + 0x2000) ^ (FREE_MEMORY + 0x3000)
    invlpg [ALIAS]
    loop .across
    equals ebx, (50 * 0x33222211 + 50 * 0x55444411) & 0xFFFFFFFF
    ; and whose second is written
    mov ecx, 100
    xor ebx, ebx
.second:
    mov [ALIAS], cl
    call edx
    movzx eax, ah
    add ebx, eax
    loop .second
    equals ebx, 5050
    finish
