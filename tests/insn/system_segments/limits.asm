; Segment limits: last byte in, first byte out, accesses across it, granularity, wrap-around
; mode: system
; manual: SDM vol. 3A, 5.3
; output: PASS
%include "system.inc"
start:
    set_descriptor SLOT, SCRATCH, 0x0F, 0x093
    set_descriptor SLOT + 8, 0, 0x0F, 0x893                     ; G=1: 10000h bytes
    set_descriptor SLOT + 16, 0xFFFFF000, 0xFFFFF, 0xC93        ; the base wraps at 4 GiB
    mov dword [SCRATCH + 12], 0xCAFEBABE
    mov eax, SLOT
    mov gs, ax
    equals [gs:12], 0xCAFEBABE
    faults 13, 0, mov eax, [gs:13]
    faults 13, 0, mov ax, [gs:15]
    mov al, [gs:15]
    faults 13, 0, mov al, [gs:16]
    faults 13, 0, mov byte [gs:16], 1
    faults 13, 0, inc dword [gs:14]
    faults 13, 0, mov eax, [gs:-1]
    faults 13, 0, mov eax, [gs:0xFFFFFFFE]
    fnstcw [gs:14]
    faults 13, 0, fnstcw [gs:15]
    mov eax, SLOT + 8
    mov gs, ax
    mov eax, [gs:0xFFFC]
    faults 13, 0, mov eax, [gs:0xFFFD]
    mov eax, SLOT + 16
    mov gs, ax
    mov dword [SCRATCH + 12], 0xCAFEBABE
    equals [gs:SCRATCH + 0x100C], 0xCAFEBABE
    ; the limit of a stack segment: #SS
    set_descriptor SLOT, 0, 0x7FFF, 0x493
    mov eax, SLOT
    mov ss, ax
    faults 12, 0, mov eax, [ss:0x7FFD]
    mov ax, SLOT
    mov ss, ax
    mov ebp, 0x8000
    faults 12, 0, mov al, [ebp]
    mov ax, DATA32
    mov ss, ax
    finish
