; An instruction that goes on in the frame in which it begins, because two pages show it: writes to either part take effect
; mode: system
; manual: SDM vol. 3A, 8.1.3
; output: PASS
%include "system.inc"
TABLE equ 0x22000
start:
    mov dword [TABLE], 0x30007
    mov dword [TABLE + 4], 0x30007
    enable_paging
    mov dword [PAGE_DIRECTORY + 4], TABLE + 7
    mov word [0x30FFE], 0x11B8          ; mov eax, 44332211h, over the end of 400000h's page; ret
    mov dword [0x30000], 0xC3443322
    mov edi, 20
.again:
    call 0x400FFE
    equals eax, 0x44332211
    dec edi
    jnz .again
    mov byte [0x30002], 0x55            ; its last byte
    cpuid
    call 0x400FFE
    equals eax, 0x55332211
    mov byte [0x401FFF], 0x66           ; its second
    cpuid
    call 0x400FFE
    equals eax, 0x55332266
    mov dword [0x30FFC], 0x11B80000     ; as it was at first
    mov dword [0x400000], 0xC3443322
    cpuid
    mov edi, 20
.last:
    call 0x400FFE
    equals eax, 0x44332211
    dec edi
    jnz .last
    finish
