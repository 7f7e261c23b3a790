; Lazy switching: the #NM handler executes CLTS and returns; 100 switches from CPL 0 and 100 from CPL 3
; mode: system
; manual: SDM vol. 3A, 2.5.1 and 13.4.1; vol. 2A, CLTS
; output: PASS
%include "system.inc"
start:
    set_gate IDT + 8 * 7, CODE32, .handler, 0xEE
    set_cr4 CR4_OSFXSR, 0
    fninit
    fldz
    xorps xmm0, xmm0
    mov dword [SCRATCH], 1
    mov dword [SCRATCH + 8], 0x3F800000         ; 1.0
    mov ecx, 100
    stc
.loop:
    set_cr0 CR0_TS, 0
    fiadd dword [SCRATCH]                       ; faults once
    fiadd dword [SCRATCH]
    addss xmm0, [SCRATCH + 8]
    loop .loop
    flags_are CF | PF | ZF, CF | PF | ZF | AF | SF | OF
    fistp dword [SCRATCH + 4]
    equals [SCRATCH + 4], 200
    cvttss2si eax, xmm0
    equals eax, 100
    equals [handled], 100
    ; CPL 3 asks by INT 31h for TS
    set_gate IDT + 8 * 0x31, CODE32, .set_ts, 0xEE
    mov dword [handled], 0
    fldz
    mov ecx, 100
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [handled], 100
    equals [SCRATCH + 4], 300
    equals ecx, 0
    ; CLTS itself
    set_cr0 CR0_TS, 0
    mov eax, 0x8D5 | 2
    push eax
    popfd
    clts
    flags_are 0x8D5 | 2, 0xFFF
    smsw ax
    and eax, 8
    equals eax, 0
    clts                                        ; nothing to clear
    user_faults 13, 0, clts
    v86_faults IOPL(3), 13, 0, clts
    set_cr0 CR0_TS, 0
    user_faults 13, 0, clts
    smsw ax
    and eax, 8
    equals eax, 8
    finish
.handler:
    inc dword [ss:handled]
    clts
    iretd
.set_ts:
    push eax
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    pop eax
    iretd
.user:
    int 0x31
    fld1
    fld1
    fld1
    faddp st1, st0
    faddp st1, st0
    faddp st1, st0
    loop .user
    fistp dword [SCRATCH + 4]
    int 0x30
.user_end:
align 4
handled: dd 0
