; CR4.SMEP: no fetches from user pages at CPL 0; the error code has I/D; CPL 3 is not concerned
; mode: system
; manual: SDM vol. 3A, 4.6.1 and 4.7
; bochs_cpu: corei7_haswell_4770
; output: PASS
%include "system.inc"
PAGE equ 0x100000
SMEP equ 1 << 20
start:
    enable_paging
    ; our own code and data become the supervisor's, but for the user code below and its stack
    mov edi, PAGE_TABLE
    mov ecx, 256
.supervisor:
    and dword [edi], ~4
    add edi, 4
    loop .supervisor
    or dword [PAGE_TABLE + 4 * (STACK3 >> 12)], 4
    mov eax, cr3
    mov cr3, eax
    mov word [PAGE], 0x30CD             ; INT 30h
    mov word [PAGE + 0x10], 0xC390      ; NOP; RET
    mov eax, PAGE + 0x10
    call eax
    set_cr4 SMEP, 0
    mov dword [resume], .after
    mov [resume_esp], esp
    call eax
.after:
    fault_was 14, 0x11, PAGE + 0x10
    equals [recorded_cr2], PAGE + 0x10
    mov ebx, [PAGE + 0x10]              ; data may be read
    and ebx, 0xFFFF
    equals ebx, 0xC390
    in_user PAGE
    fault_was 0x30, 0, PAGE + 2
    ; the directory's U/S counts as well
    and dword [PAGE_DIRECTORY], ~4
    mov ebx, cr3
    mov cr3, ebx
    mov eax, PAGE + 0x10
    call eax
    or dword [PAGE_DIRECTORY], 4
    mov cr3, ebx
    in_user SCRATCH                     ; a supervisor page: fetch at CPL 3
    fault_was 14, 0x15, SCRATCH
    set_cr4 0, SMEP
    call eax
    finish
