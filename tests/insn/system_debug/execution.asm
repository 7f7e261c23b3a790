; Instruction breakpoints: on the first prefix only, at CPL 3 and in loops, L and G, several at once, RF by IRET, task switches; GD
; mode: system
; manual: SDM vol. 3B, 17.2.2 to 17.2.5 and 17.3.1.1
; output: PASS
%include "system.inc"
%include "debug.inc"
start:
    set_gate IDT + 8 * 1, CODE32, .handler, 0x8E
    break_on 0, .prefixed, EXECUTE
.prefixed:
    es mov eax, [SCRATCH]
    call .one_hit
    break_on 0, .prefixed2 + 1, EXECUTE ; the opcode behind a prefix
.prefixed2:
    es mov eax, [SCRATCH]
    equals [hits], 0
    ; 100 times in a loop: each time
    break_on 1, .loop, EXECUTE
    mov ecx, 100
.loop:
    dec ecx
    jnz .loop
    equals [hits], 100
    mov dword [hits], 0
    equals [status], 2
    ; two on one instruction, local and global
    mov eax, .two
    mov dr0, eax
    mov dr3, eax
    mov eax, 1 | 0x80
    mov dr7, eax
.two:
    nop
    equals [status], 9
    call .one_hit
    ; the address is linear: another segment base
    no_breaks
    set_descriptor SLOT, 0x1000, 0xFFFFF, 0xC9B
    break_on 2, .based, EXECUTE
    jmp SLOT:.based - 0x1000
.based:
    jmp CODE32:.flat
.flat:
    equals [status], 4
    call .one_hit
    ; CPL 3
    break_on 0, .user, EXECUTE
    in_user .user
    fault_was 0x30, 0, .user_end
    call .one_hit
    ; virtual-8086 mode
    break_on 0, .v86, EXECUTE
    in_v86 .v86, 0
    fault_was 13, 0, .v86_end
    call .one_hit
    ; RF is cleared by the next instruction, whatever it is; POPF does not load it
    break_on 0, .popped, EXECUTE
    pushfd
    or dword [esp], RF
    popfd
.popped:
    nop
    call .one_hit
    break_on 0, .returned, EXECUTE
    pushfd
    or dword [esp], RF
    push cs
    push dword .returned
    iretd
.returned:
    nop
    equals [hits], 0
    ; an instruction that faults: RF in its frame keeps the breakpoint from hitting again
    set_gate IDT + 8 * 6, CODE32, .fix, 0x8E
    mov word [.patch], 0x0B0F           ; UD2
    break_on 0, .patch, EXECUTE
    jmp .patch
.patch:
    nop
    nop
    call .one_hit
    equals [fixed], RF
    ; LEN other than 0 with R/W 0 is not used. GD: every access, #DB before #GP only at CPL 0
    no_breaks
    mov dword [returning], 0
    set_gate IDT + 8 * 1, CODE32, recorder_stubs + 16, 0xEE
%macro guarded 1+
    mov eax, 0x2000
    mov dr7, eax
    faults 1, 0, %1
    dr6_is 0x2000
    mov eax, dr7
    equals eax, 0x400
%endmacro
    guarded mov eax, dr0
    guarded mov dr0, eax
    guarded mov dr7, eax
    guarded mov eax, dr7
    guarded mov ebx, dr6
    guarded mov dr3, esp
    mov eax, 0x2000
    mov dr7, eax
    faults 1, 0, mov eax, dr1
    equals [recorded_gprs + 28], 0x2000
    ; DR7's and DR6's fixed bits
    mov eax, 0xFFFFDFFF
    mov dr7, eax
    mov eax, dr7
    and eax, 0xF400
    equals eax, 0x0400
    xor eax, eax
    mov dr7, eax
    mov eax, dr7
    equals eax, 0x400
    xor eax, eax
    mov dr6, eax
    mov eax, dr6
    equals eax, 0xFFFF0FF0
    mov eax, -1
    mov dr6, eax
    mov eax, dr6
    and eax, 0xFFFF1FFF
    equals eax, 0xFFFF0FFF
    finish
.one_hit:
    equals [hits], 1
    mov dword [hits], 0
    ret
.handler:
    inc dword [ss:hits]
    push eax
    mov eax, dr6
    and eax, 0xF
    mov [ss:status], eax
    xor eax, eax
    mov dr6, eax
    or dword [esp + 12], RF
    pop eax
    iretd
.fix:
    push eax
    mov word [.patch], 0x9090
    mov eax, [esp + 12]
    and eax, RF
    mov [fixed], eax
    pop eax
    iretd
.user:
    nop
    int 0x30
.user_end:
bits 16
.v86:
    nop
.v86_end:
    hlt
bits 32
align 4
hits: dd 0
status: dd 0
fixed: dd 0
