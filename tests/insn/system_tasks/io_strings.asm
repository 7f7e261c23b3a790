; INS, OUTS, IN and OUT under the I/O bitmap: CPL 3, virtual-8086 mode, REP, a port in the second byte, a 16-bit TSS; 100 in a loop
; mode: system
; manual: SDM vol. 1, 18.5.2
; output: PASS
%include "system.inc"
start:
    set_descriptor TASK, TSS, 0x68 + 32, 0x089
    mov ax, TASK
    ltr ax
    mov word [TSS + 102], 0x68
    mov edi, TSS + 0x68
    mov ecx, 8
    xor eax, eax
    rep stosd
    mov byte [TSS + 0x68 + 32], 0xFF
    mov eax, 0x87
    bts [TSS + 0x68], eax
    mov edx, 0x80
    mov esi, SCRATCH
    mov edi, SCRATCH + 0x100
    user_runs {in al, dx}
    user_runs {in eax, dx}
    user_runs {out dx, ax}
    user_runs insb
    user_runs insd
    user_runs outsw
    mov ecx, 100
    user_runs rep outsb
    equals ecx, 0
    mov ecx, 100
    user_runs rep insb
    equals ecx, 0
    ; port 87
    mov edx, 0x87
    mov edi, SCRATCH + 0x100
    mov ecx, 5
    mov eax, 0x12345678
    user_faults 13, 0, {in al, dx}
    user_faults 13, 0, {out dx, al}
    user_faults 13, 0, insb
    user_faults 13, 0, outsb
    user_faults 13, 0, rep insb
    user_faults 13, 0, rep outsb
    equals ecx, 5
    equals edi, SCRATCH + 0x100
    equals eax, 0x12345678
    mov edx, 0x84
    user_faults 13, 0, {in eax, dx}
    user_runs {in ax, dx}
    mov edx, 0x86
    user_faults 13, 0, {out dx, ax}
    user_runs {out dx, al}
    v86_faults IOPL(3), 13, 0, {in al, 0x87}
    v86_runs IOPL(3), {in al, 0x86}
    v86_runs 0, {in al, 0x86}
    v86_faults 0, 13, 0, {insd}                 ; DX = 86: 86 to 89
    ; the byte of ones behind the bitmap is needed
    mov edx, 0xF8
    user_runs {in al, dx}
    mov edx, 0x100
    user_faults 13, 0, {in al, dx}
    set_descriptor TASK, TSS, 0x68 + 31, 0x089
    mov ax, TASK
    ltr ax
    mov edx, 0xF0
    user_runs {in al, dx}
    mov edx, 0xF8
    user_faults 13, 0, {in al, dx}
    ; a memory fault of INS comes only if the port is allowed; the port is not read then
    enable_paging
    mov edi, 0x800000
    mov edx, 0x80
    user_faults 14, 6, insb
    mov edx, 0x87
    user_faults 13, 0, insb
    mov esi, 0x800000
    user_faults 13, 0, outsb
    mov edx, 0x80
    user_faults 14, 4, outsb
    ; 100 allowed and 100 refused
    set_gate IDT + 8 * 13, CODE32, .skip, 0x8E
    in_user .loop
    fault_was 0x30, 0, .loop_end
    equals [skipped], 100
    set_gate IDT + 8 * 13, CODE32, recorder_stubs + 16 * 13, 0xEE
    ; a 16-bit TSS has no bitmap
    set_descriptor SLOT, 0x3000, 0x100, 0x081
    mov word [0x3000 + 2], 0x7000
    mov word [0x3000 + 4], DATA32
    mov ax, SLOT
    ltr ax
    mov edx, 0x80
    user_faults 13, 0, {in al, dx}
    mov dword [user_flags], IOPL(3) | 2
    user_runs {in al, dx}
    finish
.skip:
    inc dword [ss:skipped]
    add dword [ss:esp + 4], 2
    add esp, 4
    iretd
.loop:
    mov ecx, 100
.next:
    out 0x80, al
    out 0x87, al
    in al, 0x80
    loop .next
    int 0x30
.loop_end:
align 4
skipped: dd 0
