; Loading DS and SS in protected mode: null, limit, type, privilege, presence
; mode: system
; manual: SDM vol. 2B, MOV; vol. 3A, 5.6 and 5.7
; output: PASS
%include "system.inc"
start:
    set_descriptor SLOT, 0, 0xFFFF, 0x013           ; data, not present
    set_descriptor SLOT + 8, 0, 0xFFFF, 0x099       ; execute-only code
    set_descriptor SLOT + 16, 0, 0xFFFF, 0x091      ; read-only data
    set_descriptor SLOT + 24, 0, 0xFFFF, 0x0F3      ; writable data, DPL 3
    set_descriptor SLOT + 32, 0, 0xFFFF, 0x09B      ; readable code
    set_descriptor SLOT + 40, 0x100, 0xFFFF, 0x092  ; writable data, not yet accessed
    mov eax, 0x1238                                 ; beyond the GDT
    faults 13, 0x1238, mov ds, ax
    mov eax, 0x1239                                 ; RPL is not part of the error code, nor is EXT
    faults 13, 0x1238, mov ds, ax
    mov eax, 0x14                                   ; the LDT bit is: there is no LDT
    faults 13, 0x14, mov ds, ax
    mov eax, SLOT
    faults 11, SLOT, mov ds, ax
    mov eax, SLOT + 8
    faults 13, SLOT + 8, mov ds, ax
    mov eax, TASK
    faults 13, TASK, mov ds, ax
    mov eax, DATA32 | 3                             ; RPL 3 against DPL 0
    faults 13, DATA32, mov ds, ax

    mov eax, SLOT + 24                              ; CPL 0 may load DPL 3, with any RPL
    mov ds, ax
    mov eax, SLOT + 24 | 3
    mov ds, ax
    mov eax, SLOT + 32                              ; readable code may be read and not written
    mov ds, ax
    mov ecx, [ds:gdt_pointer]
    push dword DATA32
    pop ds
    equals ecx, [gdt_pointer]
    mov ds, ax
    faults 13, 0, mov [SCRATCH], eax

    equals [gdt + SLOT + 40 + 4], 0x9200
    mov eax, SLOT + 40
    mov ds, ax
    mov dword [ss:SCRATCH + 0x100], 0x55AA
    mov edx, [SCRATCH]
    push dword DATA32
    pop ds
    equals edx, 0x55AA
    equals [gdt + SLOT + 40 + 4], 0x9300            ; accessed now

    xor eax, eax                                    ; null: loads, and faults when used
    mov fs, ax
    faults 13, 0, mov al, [fs:0]
    mov eax, 3
    mov fs, ax
    faults 13, 0, mov [fs:SCRATCH], al

    xor eax, eax                                    ; SS
    faults 13, 0, mov ss, ax
    mov eax, DATA32 | 3
    faults 13, DATA32, mov ss, ax
    mov eax, SLOT + 24
    faults 13, SLOT + 24, mov ss, ax
    mov eax, SLOT + 16
    faults 13, SLOT + 16, mov ss, ax
    mov eax, SLOT + 32
    faults 13, SLOT + 32, mov ss, ax
    mov eax, 0x4328
    faults 13, 0x4328, mov ss, ax
    set_descriptor SLOT, 0, 0xFFFF, 0x013
    mov eax, SLOT
    faults 12, SLOT, mov ss, ax                     ; not present: #SS
    finish
