; Virtual-8086 mode with CR4.VME: every combination of IOPL and bitmap for INT n; INT3 and INTO; POPF, IRET, PUSHF images
; mode: system
; manual: SDM vol. 3A, 20.3, table 20-2; vol. 2, POPF and IRET
; output: PASS
%include "system.inc"
%macro handler_saw 2                    ; pushed flags, flags in the handler
    equals [SCRATCH], %1
    equals [SCRATCH + 4], %2
    mov dword [SCRATCH], 0
    mov dword [SCRATCH + 4], 0
%endmacro
start:
    set_cr4 CR4_VME, 0
    mov word [TSS + 102], 0x88
    set_descriptor TASK, TSS, 0x89, 0x089
    mov ax, TASK
    ltr ax
    mov edi, TSS + 0x68
    mov ecx, 8
    mov eax, -1
    rep stosd
    mov dword [0x21 * 4], .handler
    mov dword [0x40 * 4], .handler
    ; bit set, IOPL 3: the IDT's gate
    v86_runs IOPL(3), nop
    in_v86 .int40, IOPL(3) | IF
    fault_was 0x40, 0, .int40_end
    ; bit set, IOPL below 3: #GP(0)
    in_v86 .int40, IOPL(2) | IF
    fault_was 13, 0, .int40
    in_v86 .int40, IF
    fault_was 13, 0, .int40
    mov eax, 0x40
    btr [TSS + 0x68], eax
    ; bit clear, IOPL 3
    in_v86 .int40, IOPL(3) | IF | CF
    fault_was 13, 0, .int40_end
    handler_saw IOPL(3) | IF | CF | 2, IOPL(3) | CF | 2
    in_v86 .int40, IOPL(3) | CF | VIF
    fault_was 13, 0, .int40_end
    handler_saw IOPL(3) | CF | 2, IOPL(3) | CF | 2
    ; bit clear, IOPL below 3: IOPL 3 and VIF as IF in the image, VIF cleared
    in_v86 .int40, IOPL(2) | IF | VIF
    fault_was 13, 0, .int40_end
    handler_saw IOPL(3) | IF | 2, IOPL(3) | 2
    mov eax, [recorded_flags]
    and eax, IF | VIF | IOPL(3)
    equals eax, IF | VIF | IOPL(2)
    in_v86 .int40, IOPL(1) | IF | NT
    fault_was 13, 0, .int40_end
    handler_saw IOPL(3) | NT | 2, IOPL(3) | NT | 2
    in_v86 .int40, VIF                          ; IF clear
    fault_was 13, 0, .int40_end
    handler_saw IOPL(3) | IF | 2, IOPL(3) | 2
    ; INT3 and INTO go to the IDT in every case
    mov eax, 3
    btr [TSS + 0x68], eax
    mov eax, 4
    btr [TSS + 0x68], eax
    in_v86 .int3, IF
    fault_was 3, 0, .int3_end
    in_v86 .into, IF | OF
    fault_was 4, 0, .into_end
    in_v86 .int1, IF
    fault_was 1, 0, .int1_end
    ; the bitmap lies beyond the limit
    set_descriptor TASK, TSS, 0x6A, 0x08B
    mov byte [gdt + TASK + 5], 0x89
    mov ax, TASK
    ltr ax
    in_v86 .int40, IOPL(3) | IF
    fault_was 13, 0, .int40
    mov byte [gdt + TASK + 5], 0x89
    set_descriptor TASK, TSS, 0x89, 0x089
    mov ax, TASK
    ltr ax
    ; POPF
    in_v86 .popf_if, 0
    fault_was 13, 0, .popf_if_end
    mov eax, [recorded_flags]
    and eax, IF | VIF | IOPL(3) | NT
    equals eax, VIF | NT                        ; IOPL cannot be changed
    in_v86 .popf_clear, IF | VIF | VIP          ; VIF and VIP: #GP before the first instruction
    fault_was 13, 0, .popf_clear
    in_v86 .popf_clear, IF | VIP
    fault_was 13, 0, .popf_clear_end
    mov eax, [recorded_flags]
    and eax, IF | VIF | VIP | IOPL(3)
    equals eax, IF | VIP
    in_v86 .popf_if, VIP
    fault_was 13, 0, .popf_if_at
    mov eax, [recorded_esp]
    equals eax, STACK3 - 2                      ; nothing is popped
    in_v86 .popf_if, IOPL(3) | VIP              ; at IOPL 3 VIP does not matter
    fault_was 13, 0, .popf_if_end
    mov eax, [recorded_flags]
    and eax, IF | VIF | IOPL(3)
    equals eax, IF | IOPL(3)
    ; IRET
    in_v86 .iret_if, 0
    fault_was 13, 0, .iret_if_end
    mov eax, [recorded_flags]
    and eax, IF | VIF
    equals eax, VIF
    in_v86 .iret_if, VIP
    fault_was 13, 0, .iret_at
    in_v86 .iret_tf, 0
    fault_was 13, 0, .iret_tf_at
    in_v86 .iretd, IF
    fault_was 13, 0, .iretd_at
    ; STI
    in_v86 .sti, VIP
    fault_was 13, 0, .sti
    in_v86 .sti, IOPL(3) | VIP
    fault_was 13, 0, .sti_end
    mov eax, [recorded_flags]
    and eax, IF | VIF
    equals eax, IF
    in_v86 .sti, 0
    fault_was 13, 0, .sti_end
    mov eax, [recorded_flags]
    and eax, IF | VIF
    equals eax, VIF
    ; 100 redirected interrupts, CLI, STI, PUSHF, POPF
    in_v86 .loop, IF | VIF
    fault_was 13, 0, .loop_end
    equals [recorded_gprs + 24], 0
    equals [recorded_gprs + 20], 100
    finish
bits 16
.handler:
    mov bp, sp
    mov ax, [bp + 4]
    mov [SCRATCH], ax
    pushf
    pop word [SCRATCH + 4]
    iret
.int40:
    int 0x40
.int40_end:
    hlt
.int3:
    int3
.int3_end:
.into:
    into
.into_end:
.int1:
    db 0xF1
.int1_end:
.popf_if:
    push word IF | NT | 2
.popf_if_at:
    popf
.popf_if_end:
    hlt
.popf_clear:
    push word IOPL(3) | 2
    popf
.popf_clear_end:
    hlt
.iret_if:
    push word IF | 2
    push word 0
    push word .iret_if_end
.iret_at:
    iret
.iret_if_end:
    hlt
.iret_tf:
    push word TF | 2
    push word 0
    push word .iret_if_end
.iret_tf_at:
    iret
.iretd:
    push dword IF | 2
    push dword 0
    push dword .iret_if_end
.iretd_at:
    iretd
.sti:
    sti
.sti_end:
    hlt
.loop:
    mov cx, 100
    xor dx, dx
.next:
    cli
    pushf
    pop ax
    test ax, IF
    jnz .bad
    sti
    pushf
    pop ax
    test ax, IF
    jz .bad
    push ax
    popf
    int 0x40
    pushf
    pop ax
    test ax, IF
    jz .bad
    inc dx
.bad:
    loop .next
.loop_end:
    hlt
