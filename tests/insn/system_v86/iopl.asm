; Virtual-8086 mode: entry by IRETD, IOPL-sensitive instructions, address arithmetic, what the handler finds
; mode: system
; manual: SDM vol. 3A, 20.1 and 20.2
; output: PASS
%include "system.inc"
%macro v86_fault 2  ; label, IOPL: #GP(0) at it
    in_v86 %1, IOPL(%2)
    fault_was 13, 0, %1
%endmacro
start:
    v86_fault .cli, 0
    v86_fault .sti, 0
    v86_fault .pushf, 0
    v86_fault .popf, 0
    v86_fault .int, 0
    v86_fault .iret, 0
    v86_fault .hlt, 3
    v86_fault .lgdt, 3
    v86_fault .mov_cr0, 3
    v86_fault .in, 3                ; the I/O bitmap counts whatever IOPL is
    in_v86 .lldt, IOPL(3)
    fault_was 6, 0, .lldt
    in_v86 .sensitive, IOPL(3)
    fault_was 0x30, 0, .end
    equals [recorded_gprs + 28], 0x0000FFFF
    mov eax, [recorded_flags]
    and eax, VM | IF | IOPL(3)
    equals eax, VM | IF | IOPL(3)
    equals [recorded_gprs + 24], 0xABCD1234
    ; the handler's frame has the data segments, and they are null in it
    in_v86 .segments, 0
    fault_was 13, 0, .segments_end
    equals [recorded + 28], 0x1111  ; ES
    equals [recorded + 32], 0x2222  ; DS
    equals [recorded + 36], 0x3333  ; FS
    equals [recorded + 40], 0x4444  ; GS
    mov ax, fs
    movzx eax, ax
    equals eax, 0
    ; limit FFFF
    in_v86 .limit, 0
    fault_was 13, 0, .limit_at
    in_v86 .limit_stack, 0
    fault_was 12, 0, .limit_stack_at
    finish
bits 16
.cli: cli
.sti: sti
.pushf: pushf
.popf: popf
.int: int 0x30
.iret: iret
.hlt: hlt
.lgdt: lgdt [gdt_pointer]
.mov_cr0: mov eax, cr0
.in: in al, 0x60
.lldt: lldt ax
.sensitive:
    sti
    mov eax, 0xFFFF0000
    not ax
    movzx eax, ax
    mov ecx, 0xABCD1234
    push 0x10
    pop ds
    mov dword [0x5000 - 0x100], ecx
    push 0
    pop ds
    mov ecx, [0x5000]
    int 0x30
.end:
.segments:
    mov ax, 0x1111
    mov es, ax
    mov ax, 0x2222
    mov ds, ax
    mov ax, 0x3333
    mov fs, ax
    mov ax, 0x4444
    mov gs, ax
.segments_end:
    hlt
.limit:
    mov eax, 0x10000
.limit_at:
    mov al, [eax]
.limit_stack:
    mov ebp, 0xFFFF
.limit_stack_at:
    mov ax, [ebp]
