; External interrupts: IF, the shadow of STI and of MOV SS and POP SS, POPF and IRET without a shadow, HLT woken
; mode: system
; manual: SDM vol. 3A, 6.8.1 and 6.8.3; vol. 2B, STI
; output: PASS
%include "system.inc"
APIC equ 0xFEE00000
%macro request 0                        ; vector 50h
    mov dword [APIC + 0x310], 0
    mov dword [APIC + 0x300], 0x4050
%endmacro
%macro taken_at 1
    equals [count], 1
    equals [return_ip], %1
    mov dword [count], 0
%endmacro
start:
    mov dword [APIC + 0xF0], 0x1FF
    set_gate IDT + 8 * 0x50, CODE32, .handler, 0x8E
    cli
    request
    nop
    nop
    equals [count], 0
    sti
    inc ebx                             ; STI's shadow
.a: nop
    cli
    taken_at .a
    request
    sti
    cli                                 ; nothing in between
    nop
    equals [count], 0
    sti
    sti                                 ; the second has no shadow of its own
.b: nop
    cli
    taken_at .b
    ; POPF
    request
    pushfd
    or dword [esp], IF
    popfd
.c: nop
    cli
    taken_at .c
    ; IRET
    request
    pushfd
    or dword [esp], IF
    push cs
    push dword .d
    iretd
.d: nop
    cli
    taken_at .d
    ; MOV SS and POP SS
    sti
    nop
    mov ax, ss
    push ss
    mov edi, APIC + 0x300
    mov dword [edi + 0x10], 0
    mov edx, 0x4050
    mov ss, ax
    mov [edi], edx                      ; comes within the shadow
.e: nop
    taken_at .e
    cli
    request
    sti
    pop ss                              ; STI's shadow covers it, its own the next
    nop
.f: nop
    cli
    taken_at .f
    ; HLT
    request
    sti
    hlt
.g: nop
    cli
    taken_at .g
    ; 100 of them from a loop
    mov ecx, 100
    sti
.loop:
    request
    nop
    loop .loop
    cli
    equals [count], 100
    mov dword [count], 0
    ; at CPL 3: the same, with IOPL 3
    mov dword [user_flags], IOPL(3) | 2
    in_user .user
    fault_was 0x30, 0, .user_end
    taken_at .user_taken
    ; at CPL 3 with IF on entry: before the first instruction
    mov dword [user_flags], IF | 2
    request
    in_user .user_if
    fault_was 0x30, 0, .user_if_end
    taken_at .user_if
    finish
.handler:
    push eax
    inc dword [ss:count]
    mov eax, [ss:esp + 4]
    mov [ss:return_ip], eax
    mov dword [ss:APIC + 0xB0], 0
    pop eax
    iretd
.user:
    cli
    request
    nop
    sti
    nop
.user_taken:
    nop
    cli
    int 0x30
.user_end:
.user_if:
    int 0x30
.user_if_end:
align 4
count: dd 0
return_ip: dd 0
