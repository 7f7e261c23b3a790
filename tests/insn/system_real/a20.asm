; The A20 gate off: bit 20 of every physical address is zero, in real mode, in protected mode and behind page tables
; mode: system
; manual: port 92 of the PS/2; SDM vol. 3A, 20.1.1 and 9.1.4
; output: PASS
%include "system.inc"
%macro a20 1                            ; 0 or 1
    push eax
    in al, 0x92
    and al, ~3
    or al, %1 * 2
    out 0x92, al
    pop eax
%endmacro
HIGH_ equ 0x100000
start:
    a20 1
    mov dword [SCRATCH], 0x11111111
    mov dword [HIGH_ + SCRATCH], 0x22222222
    equals [SCRATCH], 0x11111111
    a20 0
    equals [HIGH_ + SCRATCH], 0x11111111
    equals [HIGH_ + HIGH_ + SCRATCH], 0 ; 200000: bit 20 is clear
    mov dword [HIGH_ + SCRATCH + 4], 0x33333333
    equals [SCRATCH + 4], 0x33333333
    in al, 0x92
    movzx eax, al
    and eax, 2
    equals eax, 0
    ; code is fetched there too
    mov byte [SCRATCH + 8], 0xC3        ; RET
    mov eax, HIGH_ + SCRATCH + 8
    call eax
    ; paging: the frame in a PTE, a page table, a directory
    enable_paging
    equals [HIGH_ + SCRATCH], 0x11111111
    mov dword [PAGE_TABLE + 4 * 0x180], HIGH_ + SCRATCH + 7
    equals [0x180000], 0x11111111
    mov dword [PAGE_DIRECTORY + 4], HIGH_ + PAGE_TABLE + 7
    equals [0x400000 + SCRATCH], 0x11111111
    a20 1
    equals [SCRATCH], 0x11111111
    equals [0x180000], 0x22222222
    a20 0
    equals [0x180000], 0x11111111
    mov eax, HIGH_ + PAGE_DIRECTORY
    mov cr3, eax
    equals [SCRATCH], 0x11111111
    mov eax, PAGE_DIRECTORY
    mov cr3, eax
    in_user .user
    fault_was 0x30, 0, .user_end
    equals eax, 0x11111111
    set_cr0 0, CR0_PG
    a20 1
    equals [HIGH_ + SCRATCH], 0x22222222
    equals [HIGH_ + SCRATCH + 4], 0
    ; real mode: FFFF:0010 and up is the first 64 KiB again
    to_real DATA16
    mov ax, 0xFFFF
    mov es, ax
    real_equals [es:SCRATCH + 0x10], 0x22222222
    a20 0
    real_equals [es:SCRATCH + 0x10], 0x11111111
    mov cx, 100
.loop:
    inc byte [es:SCRATCH + 0x20]
    a20 1
    inc byte [es:SCRATCH + 0x20]
    inc byte [es:SCRATCH + 0x20]
    a20 0
    loop .loop
    movzx eax, byte [SCRATCH + 0x10]
    real_equals eax, 100
    a20 1
    movzx eax, byte [es:SCRATCH + 0x20]
    real_equals eax, 200
    to_protected
    finish
.user:
    mov eax, [HIGH_ + SCRATCH]
    int 0x30
.user_end:
