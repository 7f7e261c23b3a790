; Real mode: INT n, INTO, BOUND, divide error and IRET through the vector table; what is pushed; the table's limit
; mode: system
; manual: SDM vol. 3A, 20.1.4; vol. 2A, INT n and IRET
; output: PASS
%include "system.inc"
start:
    to_real DATA16
    mov word [0x40 * 4], .handler
    mov word [0x40 * 4 + 2], 0
    mov cx, 100
    xor dx, dx
.loop:
    stc
    int 0x40
    jnc .count
    inc dx                              ; IRET brought CF back
.count:
    loop .loop
    movzx edx, dx
    real_equals edx, 100
    movzx eax, word [SCRATCH]
    real_equals eax, 100
    ; IF and TF are cleared, the image has them
    sti
    int 0x40
    cli
    movzx eax, word [SCRATCH + 2]       ; flags in the handler
    and eax, 0x300
    real_equals eax, 0
    movzx eax, word [SCRATCH + 4]       ; pushed
    and eax, 0x200
    real_equals eax, 0x200
    movzx eax, word [SCRATCH + 6]
    real_equals eax, .after
    ; faults push their own address, traps the next
    xor bl, bl
    real_faults 0, div bl
    mov word [SCRATCH + 16], 5
    mov word [SCRATCH + 18], 9
    mov ax, 10
    real_faults 5, bound ax, [SCRATCH + 16]
    mov ax, 9
    bound ax, [SCRATCH + 16]
    real_faults 6, ud2
    real_faults 13, {mov ax, [0xFFFF]}
    mov word [ss:resume], .into
    mov [ss:resume_esp], sp
    mov al, 0x7F
    inc al
    into
.into:
    movzx eax, word [recorded_eip]
    real_equals eax, .into
    real_equals [recorded_vector], 4
    mov word [ss:resume], .int3
    int3
.int3:
    real_equals [recorded_vector], 3
    ; 32-bit IRET in real mode: flags from a dword
    pushfd
    or dword [esp], 0x40000             ; AC
    push dword 0
    push dword .wide
    iretd
.wide:
    pushfd
    pop eax
    and eax, 0x40000
    real_equals eax, 0x40000
    pushfd
    and dword [esp], ~0x40000
    popfd
    ; a table that ends before the vector: #GP, and #GP's own is inside
    mov word [SCRATCH + 32], 0x0D * 4 + 3
    mov dword [SCRATCH + 34], 0
    lidt [SCRATCH + 32]
    real_faults 13, int 0x40
    lidt [real_idt_pointer]
    ; a table elsewhere
    mov word [SCRATCH + 32], 0x3FF
    mov dword [SCRATCH + 34], FREE_MEMORY
    mov ax, FREE_MEMORY >> 4
    mov es, ax
    mov word [es:0x41 * 4], .handler
    mov word [es:0x41 * 4 + 2], 0
    lidt [SCRATCH + 32]
    mov word [SCRATCH], 0
    int 0x41
.back:
    lidt [real_idt_pointer]
    movzx eax, word [SCRATCH]
    real_equals eax, 1
    to_protected
    finish
bits 16
.handler:
    inc word [ss:SCRATCH]
    push bp
    mov bp, sp
    push ax
    pushf
    pop word [SCRATCH + 2]
    mov ax, [bp + 6]
    mov [SCRATCH + 4], ax
    mov word [SCRATCH + 6], .after
    pop ax
    pop bp
    iret
.after:
