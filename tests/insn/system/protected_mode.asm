; Entering protected mode: CS keeps its real-mode base until it is loaded
; mode: system
; manual: SDM vol. 3A, 9.9.1
; output: P
    cli
    lgdt [gdt_pointer]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp short .still_here
.still_here:
    jmp 8:protected
bits 32
protected:
    mov ax, 16
    mov ds, ax
    mov al, 'P'
    out 0xE9, al
    hlt
align 8
gdt:
    dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
gdt_pointer:
    dw 23
    dd gdt
