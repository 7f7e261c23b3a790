; LAR, LSL, VERR, VERW and ARPL for every type of descriptor at CPL 0 and CPL 3, from memory and registers, both operand sizes; flags
; mode: system
; manual: SDM vol. 2A, ARPL, LAR, LSL; vol. 2B, VERR/VERW
; output: PASS
%include "system.inc"
%macro tested 5                         ; attributes: LAR, LSL, VERR, VERW see it at CPL 0 (DPL 3: at CPL 3 the same)
    set_descriptor SLOT, 0x12345678, 0x54321, (%1) | 0x60
    mov dword [wanted], (%2) | ((%3) << 1) | ((%4) << 2) | ((%5) << 3)
    call .look
    equals eax, [wanted]
    in_user .user_look
    fault_was 0x30, 0, .user_look_end
    equals eax, [wanted]
    ; the same with DPL 0: CPL 3 sees none of it, but conforming code
    set_descriptor SLOT, 0x12345678, 0x54321, (%1) & ~0x60
    call .look0
    equals eax, [wanted]
%if ((%1) & 0x1C) != 0x1C
    mov dword [wanted], 0
%endif
    in_user .user_look
    fault_was 0x30, 0, .user_look_end
    equals eax, [wanted]
%endmacro
start:
%assign type 0
%rep 32
%assign lar_ok 0
%assign lsl_ok 0
%assign verr_ok 0
%assign verw_ok 0
%if type >= 16
%assign lar_ok 1
%assign lsl_ok 1
%if type < 24
%assign verr_ok 1
%assign verw_ok (type >> 1) & 1
%else
%assign verr_ok (type >> 1) & 1
%endif
%elif type = 1 || type = 2 || type = 3 || type = 9 || type = 11
%assign lar_ok 1
%assign lsl_ok 1
%elif type = 4 || type = 5 || type = 12
%assign lar_ok 1
%endif
    tested 0x80 | type, lar_ok, lsl_ok, verr_ok, verw_ok
%assign type type + 1
%endrep
    ; results
    set_descriptor SLOT, 0x12345678, 0x54321, 0xDF3
    mov eax, SLOT + 3
    mov ebx, 0xAAAAAAAA
    lar ebx, eax
    equals ebx, 0x00D5F300
    mov ebx, 0xAAAAAAAA
    lar bx, ax
    equals ebx, 0xAAAAF300
    lsl ebx, eax
    equals ebx, 0x54321FFF
    mov ebx, 0xAAAAAAAA
    lsl bx, ax
    equals ebx, 0xAAAA1FFF
    mov [SCRATCH], ax
    lar ebx, [SCRATCH]
    equals ebx, 0x00D5F300
    verr [SCRATCH]
    flags_are ZF, ZF
    ; not present: still seen
    set_descriptor SLOT, 0, 0x54321, 0x073
    lar ebx, eax
    flags_are ZF, ZF
    equals ebx, 0x00057300
    verr ax
    flags_are ZF, ZF
    ; only ZF changes
    push dword 0x8D5 | 2
    popfd
    lar ebx, eax
    flags_are 0x8D5, 0x8D5
    mov ecx, 0x1230
    lar ebx, ecx
    flags_are 0x895, 0x8D5
    lsl ebx, eax
    flags_are 0x8D5, 0x8D5
    verw cx
    flags_are 0x895, 0x8D5
    ; ARPL
    mov eax, 0x55551110
    mov ecx, 0x2223
    arpl ax, cx
    flags_are 0x8D5, 0x8D5
    equals eax, 0x55551113
    arpl ax, cx
    flags_are 0x895, 0x8D5
    mov dword [SCRATCH], 0x44440002
    mov ecx, 1
    arpl [SCRATCH], cx
    flags_are 0, ZF
    equals [SCRATCH], 0x44440002
    mov ecx, 3
    arpl [SCRATCH], cx
    flags_are ZF, ZF
    equals [SCRATCH], 0x44440003
    user_runs {arpl [SCRATCH], cx}
    v86_faults IOPL(3), 6, 0, {db 0x63, 0xC8}
    v86_faults IOPL(3), 6, 0, lar ax, cx
    v86_faults IOPL(3), 6, 0, lsl ax, cx
    v86_faults IOPL(3), 6, 0, verr ax
    v86_faults IOPL(3), 6, 0, verw ax
    ; ARPL does not write if nothing changes? it needs a writable operand all the same: read-only through CS
    faults 13, 0, {arpl [cs:SCRATCH], cx}
    ; an operand that faults
    set_descriptor SLOT, SCRATCH, 3, 0x093
    mov ax, SLOT
    mov gs, ax
    faults 13, 0, lar ebx, [gs:3]
    faults 13, 0, verr [gs:4]
    verw [gs:2]
    finish
.look0:
    mov ecx, SLOT
    jmp .look_at
.look:
    mov ecx, SLOT + 3
.look_at:
    xor eax, eax
    mov ebx, 0x77777777
    lar ebx, ecx
    jnz .no_lar
    or eax, 1
.no_lar:
    lsl ebx, ecx
    jnz .no_lsl
    or eax, 2
.no_lsl:
    verr cx
    jnz .no_verr
    or eax, 4
.no_verr:
    verw cx
    jnz .no_verw
    or eax, 8
.no_verw:
    ret
.user_look:
    call .look
    int 0x30
.user_look_end:
align 4
wanted: dd 0
