; LAR, LSL, VERR, VERW, ARPL: what may be seen and what not
; mode: system
; manual: SDM vol. 2A, LAR, LSL; vol. 2B, VERR/VERW; ARPL
; output: PASS
%include "system.inc"
%macro visible 3    ; selector, LAR (or no), LSL (or no)
    mov eax, %1
    mov ecx, 0x5A5A5A5A
    lar ecx, eax
    setz bl
    movzx ebx, bl
%ifidn %2, no
    equals ebx, 0
    equals ecx, 0x5A5A5A5A
%else
    equals ebx, 1
    and ecx, 0x00F0FFFF                             ; limit bits 16 to 19 are undefined
    equals ecx, %2
%endif
    mov ecx, 0x5A5A5A5A
    lsl ecx, eax
    setz bl
    movzx ebx, bl
%ifidn %3, no
    equals ebx, 0
    equals ecx, 0x5A5A5A5A
%else
    equals ebx, 1
    equals ecx, %3
%endif
%endmacro
%macro access 3     ; selector, VERR, VERW
    mov eax, %1
    verr ax
    setz bl
    movzx ebx, bl
    equals ebx, %2
    verw ax
    setz bl
    movzx ebx, bl
    equals ebx, %3
%endmacro
start:
    visible 0, no, no
    visible CODE32, 0x00C09B00, 0xFFFFFFFF
    visible DATA16, 0x00009300, 0xFFFF
    visible TASK, 0x00008B00, 0x67
    visible DATA32 | 3, no, no                          ; RPL 3 against DPL 0
    visible USER_DATA, 0x00C0F300, 0xFFFFFFFF
    visible 0x1000, no, no
    set_gate gdt + SLOT, CODE32, 0x123456, 0x8C, 0      ; call gate: rights, no limit
    visible SLOT, 0x00108C00, no
    set_gate gdt + SLOT, CODE32, 0x123456, 0x8E, 0      ; interrupt gate: neither
    visible SLOT, no, no
    set_gate gdt + SLOT, TASK, 0, 0x85, 0               ; task gate
    visible SLOT, 0x8500, no
    set_descriptor SLOT, 0x12345678, 0x98765, 0x082     ; LDT
    visible SLOT, 0x00008200, 0x98765
    set_descriptor SLOT, 0, 1, 0x812                    ; not present: still visible; page granular
    visible SLOT, 0x00801200, 0x1FFF
    set_descriptor SLOT + 8, 0, 0xFFFF, 0x09D           ; conforming, execute-only, accessed
    visible (SLOT + 8) | 3, 0x9D00, 0xFFFF              ; whatever the RPL
    access 0, 0, 0
    access CODE32, 1, 0
    access DATA32, 1, 1
    access DATA32 | 3, 0, 0
    access SLOT + 8, 0, 0
    access TASK, 0, 0
    access 0x1000, 0, 0
    set_descriptor SLOT, 0, 1, 0x091
    access SLOT, 1, 0
    ; from CPL 3 the DPL counts
    in_user .user
    fault_was 0x30, 0, -1
    equals [recorded_gprs + 16], 0
    ; ARPL
    mov eax, 0x1238
    mov ecx, 3
    arpl ax, cx
    setz bl
    movzx ebx, bl
    equals eax, 0x123B
    equals ebx, 1
    arpl ax, cx
    setz bl
    movzx ebx, bl
    equals eax, 0x123B
    equals ebx, 0
    finish
.user:
    mov eax, DATA32
    verr ax
    setz bl
    movzx ebx, bl
    int 0x30
