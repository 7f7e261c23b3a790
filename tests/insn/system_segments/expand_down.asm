; Expand-down segments: valid above the limit, up to FFFF with B=0 and FFFFFFFF with B=1
; mode: system
; manual: SDM vol. 3A, 3.4.5.1 and 5.3
; output: PASS
%include "system.inc"
start:
    set_descriptor SLOT, SCRATCH - 0x1000, 0x0FFF, 0x097        ; B=0: 1000 to FFFF
    set_descriptor SLOT + 8, 0, 0x0FFF, 0x497                   ; B=1: 1000 to FFFFFFFF
    set_descriptor SLOT + 16, 0, 0xF, 0xC97                     ; B=1, G=1: 10000 to FFFFFFFF
    set_descriptor SLOT + 24, 0, 0xFFFF, 0x097                  ; B=0: nothing
    set_descriptor SLOT + 32, 0, 0, 0x097                       ; B=0, limit 0: 1 to FFFF
    mov eax, SLOT
    mov fs, ax
    mov dword [SCRATCH], 0x12345678
    equals [fs:0x1000], 0x12345678
    faults 13, 0, mov eax, [fs:0xFFF]
    faults 13, 0, mov al, [fs:0xFFF]
    faults 13, 0, mov eax, [fs:0]
    mov eax, [fs:0xFFFC]
    faults 13, 0, mov eax, [fs:0xFFFD]                          ; crosses the upper bound FFFF
    faults 13, 0, mov al, [fs:0x10000]
    faults 13, 0, mov al, [fs:0xFFFFFFFF]
    mov eax, SLOT + 8
    mov fs, ax
    faults 13, 0, mov [fs:0xFFF], al
    equals [fs:SCRATCH], 0x12345678
    mov al, [fs:0x10000]
    mov eax, SLOT + 16
    mov fs, ax
    faults 13, 0, mov eax, [fs:0xFFFF]
    mov al, [fs:0x10000]
    mov eax, SLOT + 24
    mov fs, ax
    faults 13, 0, mov al, [fs:0xFFFF]
    faults 13, 0, mov al, [fs:0x10000]
    mov eax, SLOT + 32
    mov fs, ax
    faults 13, 0, mov al, [fs:0]
    mov al, [fs:1]
    ; LSL gives the limit as it is
    mov eax, SLOT
    lsl ecx, eax
    equals ecx, 0xFFF
    ; a stack in an expand-down segment with B=0: SP counts, and pushes below the limit fault
    set_descriptor SLOT, 0, 0x6FFF, 0x097
    mov ebx, esp
    mov eax, SLOT
    mov ss, ax
    mov esp, 0x7004
    push eax
    mov ecx, esp
    mov dword [resume], .after
    mov [resume_esp], ebx
    mov esp, 0x9000                                             ; a usable stack for the handler
    mov ebp, 0x7000
    push dword [ebp]
    pop edx
.at:
    mov ax, [ebp - 2]
.after:
    mov ax, DATA32
    mov ss, ax
    mov esp, ebx
    fault_was 12, 0, .at
    equals ecx, 0x7000
    equals edx, SLOT
    finish
