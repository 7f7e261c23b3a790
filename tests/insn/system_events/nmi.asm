; NMI: taken with IF clear, blocked until the handler's IRET, one more is remembered; by interrupt gate, trap gate and task
; mode: system
; manual: SDM vol. 3A, 6.3.1, 6.7 and 6.7.1; 10.6.1 (the command register)
; output: PASS
%include "system.inc"
APIC equ 0xFEE00000
%macro nmi 0
    mov dword [APIC + 0x310], 0
    mov dword [APIC + 0x300], 0x4400        ; NMI, assert, to processor 0
%endmacro
start:
    mov dword [APIC + 0xF0], 0x1FF
    set_gate IDT + 8 * 2, CODE32, .handler, 0x8E
    mov dword [inner], 0
    cli
    mov ecx, 20
.loop:
    nmi
    nop
    loop .loop
    equals [count], 20
    equals [deepest], 1
    ; one while the first is handled: after its IRET
    mov dword [count], 0
    mov dword [inner], 1
    nmi
    nop
    nop
    equals [count], 2
    equals [deepest], 1
    ; two while the first is handled: one is remembered
    mov dword [count], 0
    mov dword [inner], 2
    nmi
    nop
    nop
    equals [count], 2
    ; blocked by the handler, until an IRET that has nothing to do with it
    set_gate IDT + 8 * 2, CODE32, .leave, 0x8E
    mov dword [count], 0
    mov dword [left], .after
    nmi
    nop
.after:
    equals [count], 1
    nmi
    nop
    nop
    equals [count], 1                       ; still blocked
    mov dword [left], .after2
    pushfd
    push cs
    push dword .next
    iretd
.next:
    nop
    nop
.after2:
    equals [count], 2
    ; and blocked again: unblock
    pushfd
    push cs
    push dword .unblocked
    iretd
.unblocked:
    ; an IRET that faults unblocks all the same
    mov dword [left], .after3
    nmi
    nop
.after3:
    equals [count], 3
    nmi
    equals [count], 3
    mov dword [left], .after4
    mov ebp, esp
    pushfd
    push dword 0x1230                       ; not a selector
    push dword 0
    set_gate IDT + 8 * 13, CODE32, .gp, 0x8E
.iret:
    iretd
.gp:
    nop
.after4:
    mov esp, ebp
    equals [count], 4
    pushfd
    push cs
    push dword .unblocked2
    iretd
.unblocked2:
    ; from CPL 3
    set_gate IDT + 8 * 2, CODE32, .handler, 0x8E
    mov dword [count], 0
    mov dword [inner], 0
    mov dword [user_flags], 2
    user_runs {nmi}
    equals [count], 1
    finish
.handler:
    pushad
    inc dword [ss:count]
    inc dword [ss:depth]
    mov eax, [ss:depth]
    cmp eax, [ss:deepest]
    jbe .not_deeper
    mov [ss:deepest], eax
.not_deeper:
    mov ecx, [ss:inner]
    jecxz .no_more
    mov dword [ss:inner], 0
.more:
    mov dword [ss:APIC + 0x310], 0
    mov dword [ss:APIC + 0x300], 0x4400
    nop
    nop
    loop .more
.no_more:
    dec dword [ss:depth]
    popad
    iretd
.leave:
    inc dword [ss:count]
    add esp, 12
    jmp [ss:left]
align 4
count: dd 0
depth: dd 0
deepest: dd 0
inner: dd 0
left: dd 0
