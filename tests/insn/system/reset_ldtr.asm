; After reset LDTR is usable, with base 0 and limit FFFF: a selector of the LDT names a descriptor at address 0 and up
; mode: system
; manual: SDM vol. 3A, 9.1.1, table 9-1
; output: PASS
    cli
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7C00
    lgdt [pointer]
    mov dword [0x10], 0x8000FFFF        ; base 7 8000: entry 2
    mov dword [0x14], 0x00009307
    mov dword [0xFFF8], 0x9000FFFF      ; the last one
    mov dword [0xFFFC], 0x00009308
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp 8:protected
protected:
    mov ax, 0x14
    mov es, ax
    mov dword [es:0], 'PASS'
    mov ax, 0xFFFC
    mov fs, ax
    mov dword [fs:0], 10
    sldt cx
    jcxz .null
    mov byte [es:0], 'F'
.null:
    verr ax
    jz .readable
    mov byte [es:1], 'F'
.readable:
    mov ax, 16
    mov ds, ax
    mov eax, cr0
    and al, 0xFE
    mov cr0, eax
    jmp 0:real
real:
    mov ax, 0x7800
    mov ds, ax
    xor si, si
    mov cx, 4
    mov dx, 0xE9
    cld
    rep outsb
    mov al, 10
    out 0xE9, al
    push cs
    pop ds
    mov si, shutdown
    mov cx, 8
    mov dx, 0x8900
    rep outsb
    cli
    hlt
shutdown: db 'Shutdown'
align 8
gdt:
    dq 0
    dq 0x00009B000000FFFF
    dq 0x000093000000FFFF
pointer:
    dw 23
    dd gdt
