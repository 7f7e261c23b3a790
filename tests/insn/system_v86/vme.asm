; VME: the interrupt redirection bitmap, VIF for IF at IOPL 0, VIP
; mode: system
; manual: SDM vol. 3A, 20.3 and tables 20-1 and 20-2
; output: PASS
%include "system.inc"
start:
    mov eax, cr4
    or eax, 1
    mov cr4, eax
    ; redirection bitmap at 68h, I/O bitmap base 88h: INT 21h to the 8086 handler, all others to the IDT
    mov word [TSS + 102], 0x88
    set_descriptor TASK, TSS, 0x89, 0x089
    mov ax, TASK
    ltr ax
    mov edi, TSS + 0x68
    mov ecx, 8
    mov eax, -1
    rep stosd
    mov eax, 0x21
    btr [TSS + 0x68], eax
    mov word [0x21 * 4], .handler21
    mov word [0x21 * 4 + 2], 0

    in_v86 .redirected, IOPL(3) | IF
    fault_was 0x30, 0, .redirected_end
    equals [SCRATCH], 0x3202           ; pushed: IOPL 3, IF
    equals [SCRATCH + 4], 0x3002       ; in the handler IF is clear
    ; IOPL 0: the pushed image has IOPL 3 and IF from VIF; VIF is cleared, IF is not touched
    in_v86 .redirected, IF | VIF
    fault_was 13, 0, .redirected_at    ; at IOPL 0 INT 30h, whose bit is set, faults
    equals [SCRATCH], 0x3202
    equals [SCRATCH + 4], 0x3002
    mov eax, [recorded_flags]
    and eax, VIF | IF
    equals eax, VIF | IF               ; IRET gave VIF back
    in_v86 .redirected, IF
    fault_was 13, 0, .redirected_at
    equals [SCRATCH], 0x3002
    ; CLI and STI act on VIF
    in_v86 .virtual, VIF | IF
    fault_was 13, 0, .virtual_end
    mov eax, [recorded_flags]
    and eax, VIF | IF
    equals eax, VIF | IF
    equals [SCRATCH + 8], 0x3002
    ; STI with a virtual interrupt pending faults
    in_v86 .pending, VIP | IF
    fault_was 13, 0, .pending
    ; POPF that sets IF with VIP, and any POPF with TF, fault; 32-bit PUSHFD always does
    in_v86 .popf, VIP | IF
    fault_was 13, 0, .popf_at
    in_v86 .popf_tf, IF
    fault_was 13, 0, .popf_tf_at
    in_v86 .pushfd, IF
    fault_was 13, 0, .pushfd
    finish
bits 16
.redirected:
    int 0x21
.redirected_at:
    int 0x30
.redirected_end:
.handler21:
    push bp
    mov bp, sp
    movzx eax, word [bp + 6]
    mov [SCRATCH], eax
    pushf
    pop ax
    movzx eax, ax
    mov [SCRATCH + 4], eax
    pop bp
    iret
.virtual:
    cli
    pushf
    pop ax
    movzx eax, ax
    mov [SCRATCH + 8], eax
    sti
.virtual_end:
    int 0x30
.pending: sti
.popf:
    push 0x202
.popf_at:
    popf
.popf_tf:
    push 0x102
.popf_tf_at:
    popf
.pushfd: pushfd
