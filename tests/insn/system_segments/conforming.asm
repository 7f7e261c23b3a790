; Conforming code: reached from CPL 3 without a change of privilege; returns check DPL <= RPL
; mode: system
; manual: SDM vol. 3A, 5.8.1 and 5.8.2
; output: PASS
%include "system.inc"
start:
    set_descriptor SLOT, 0, 0xFFFFF, 0xC9E          ; conforming, readable, DPL 0
    set_descriptor SLOT + 8, 0, 0xFFFFF, 0xCFE      ; conforming, DPL 3
    set_descriptor SLOT + 16, 0, 0xFFFFF, 0xC9C     ; conforming, execute-only
    in_user .user
    fault_was 13, SCRATCH, .at_end
    equals [SCRATCH], SLOT | 3
    jmp CODE32:.next
.next:
    call SLOT:.conforming                           ; from CPL 0: CPL stays 0
    equals [SCRATCH + 4], SLOT
    faults 13, SLOT + 8, jmp SLOT + 8:.next         ; DPL 3 > CPL 0
    finish
.user:
    jmp SLOT:.inside
.inside:
    mov [SCRATCH], cs
    mov ax, SLOT                                    ; conforming: readable whatever CPL and RPL
    mov ds, ax
    mov eax, [gdt]
    push dword USER_DATA
    pop ds
    push dword USER_CODE
    push dword .back
    retf
.back:
    mov ax, SCRATCH | 3                             ; some selector beyond the GDT, as an end
.at_end:
    mov ds, ax
.conforming:
    mov [SCRATCH + 4], cs
    retf
