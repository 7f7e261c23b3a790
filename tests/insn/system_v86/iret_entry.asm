; IRETD into virtual-8086 mode: limits, high halves, flags it loads; not with CPL 3, not by IRETW; far transfers inside
; mode: system
; manual: SDM vol. 3A, 20.2.1 and 20.2.2; vol. 2A, IRET
; output: PASS
%include "system.inc"
start:
    ; all flags come from the image; without CR4.VME nobody looks at VIF and VIP
    in_v86 .stop, IOPL(3) | IF | AC | ID | VIF | VIP | CF
    fault_was 13, 0, .stop
    mov eax, [recorded_flags]
    and eax, ~RF
    equals eax, VM | IOPL(3) | IF | AC | ID | VIF | VIP | CF | 2
    equals [recorded_ss], 0
    equals [recorded_esp], STACK3
    ; the upper halves of the selectors' slots do not matter
    mov dword [resume], .after
    mov [resume_esp], esp
    push dword 0x77770444
    push dword 0x77770333
    push dword 0x77770222
    push dword 0x77770111
    push dword 0x7777FFFF
    push dword 0x00001000
    push dword VM | 2
    push dword 0x77770700
    push dword .stop - 0x7000
    iretd
.after:
    fault_was 13, 0, .stop - 0x7000
    equals [recorded_cs], 0x700
    equals [recorded + 28], 0x111
    equals [recorded + 32], 0x222
    equals [recorded + 36], 0x333
    equals [recorded + 40], 0x444
    equals [recorded_ss], 0xFFFF
    ; far jump, call, return, loads of segment registers: 8086 arithmetic
    in_v86 .far, IOPL(3)
    fault_was 13, 0, .far_end - 0x6000
    equals [recorded_gprs + 28], 0x1234
    equals [recorded_gprs + 24], 0
    ; VM set by IRETD at CPL 3 is ignored
    in_user .user
    fault_was 0x30, 0, .user_end
    mov eax, [recorded_flags]
    and eax, VM
    equals eax, 0
    ; IRETW does not see VM
    push dword VM | 2
    pop eax
    push word 2
    push word CODE32
    push word .iretw
    iretw
.iretw:
    flags_are 0, VM
    ; POPFD cannot set it either
    push dword VM | 2
    popfd
    flags_are 0, VM
    ; the handler is entered with the data segments null: an access faults
    in_v86 .int31, IOPL(3)
    equals [SCRATCH + 8], 0
    ; nested: IRET in the monitor restores them
    set_gate IDT + 8 * 0x31, CODE32, .monitor, 0xEE
    in_v86 .count, IOPL(3)
    fault_was 13, 0, .count_end
    equals [SCRATCH + 12], 100
    equals [recorded + 32], SCRATCH >> 4
    finish
.user:
    push dword USER_DATA
    push dword STACK3
    push dword VM | 2
    push dword USER_CODE
    push dword .user_int
    iretd
.user_int:
    int 0x30
.user_end:
.monitor:
    xor edx, edx
    mov dx, ds
    mov ax, es
    or dx, ax
    mov ax, fs
    or dx, ax
    mov ax, gs
    or dx, ax
    mov [ss:SCRATCH + 8], edx
    iretd
bits 16
.stop:
    hlt
.far:
    mov ax, 0x100
    mov ds, ax
    mov cx, 100
.far_next:
    call 0x700:.far_callee - 0x7000
    dec cx
    jnz .far_next
    mov word [ss:SCRATCH + 0x40], .far_target - 0x6000
    mov word [ss:SCRATCH + 0x42], 0x600
    jmp far [0x4040]
.far_target:
    mov bx, cs
    cmp bx, 0x600
    jne .far_end
    mov eax, 0x1234
.far_end:
    hlt
.far_callee:
    push ds
    pop es
    mov bx, cs
    cmp bx, 0x700
    je .far_ok
    hlt
.far_ok:
    retf
.int31:
    int 0x30
.count:
    mov ax, SCRATCH >> 4
    mov ds, ax
    mov cx, 100
.count_next:
    int 0x31
    inc word [12]
    loop .count_next
.count_end:
    hlt
