; 16-bit gates from CPL 3 and from virtual-8086 mode: frames of words on the TSS's stack, IRETW back; a 16-bit TSS
; mode: system
; manual: SDM vol. 3A, 6.12.1 and 20.3.1; vol. 2A, INT n
; output: PASS
%include "system.inc"
FRAME equ SCRATCH + 0x90
TSS16 equ 0x3000
%macro words 1-*
%assign at 0
%rep %0
    movzx eax, word [FRAME + at]
    equals eax, %1
%assign at at + 2
%rotate 1
%endrep
%endmacro
start:
    set_gate IDT + 8 * 0x40, CODE32, .capture, 0xE6
    set_gate IDT + 8 * 0x41, CODE32, .capture, 0xE7
    set_gate IDT + 8 * 0x42, CODE16, .capture16, 0xE6
    set_gate IDT + 8 * 0x43, CODE32, .leave, 0xE6
    mov dword [user_flags], IF | 2
    in_user .user
    fault_was 0x30, 0, .user_end
    words .user_40, USER_CODE, IF | 2 | CF, STACK3, USER_DATA
    equals [SCRATCH + 0x80], STACK0_INNER - 10
    equals [recorded_esp], STACK3
    equals [recorded_ss], USER_DATA
    in_user .user41
    fault_was 0x30, 0, .user41_end
    words .user41_after, USER_CODE, IF | 2, STACK3 - 4, USER_DATA
    in_user .user42
    fault_was 0x30, 0, .user42_end
    words .user42_after, USER_CODE, IF | 2, STACK3, USER_DATA
    equals ecx, 0
    ; ESP's upper half is not in the frame, and IRETW brings zero
    in_user .user_esp
    fault_was 0x30, 0, .user_esp_end
    equals ebx, 0x6000
    ; virtual-8086 mode: nine words; the data segments become null
    in_v86 .v86, IOPL(3) | IF
    words .v86_after, 0, IF | IOPL(3) | 2, STACK3, 0, 0x500, 0x700, 0x900, 0xB00
    equals [SCRATCH + 0x80], STACK0_INNER - 18
    equals [SCRATCH + 0x88], 0
    ; a 16-bit TSS gives SS0:SP0, for 32-bit gates too
    set_descriptor SLOT, TSS16, 0x2B, 0x081
    mov word [TSS16 + 2], 0x7000
    mov word [TSS16 + 4], DATA32
    mov ax, SLOT
    ltr ax
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [SCRATCH + 0x80], 0x7000 - 10
    equals [recorded_at], 0x7000 - 20
    equals [recorded_esp], STACK3
    ; too small for SP0 and SS0
    set_descriptor SLOT, TSS16, 4, 0x083
    mov ax, TASK
    set_descriptor TASK, TSS, 0x67, 0x089
    ltr ax
    finish
.leave:                                 ; from virtual-8086 mode: the frame cannot be returned through
    mov [ss:SCRATCH + 0x80], esp
    xor eax, eax
    mov ax, ds
    mov [ss:SCRATCH + 0x88], eax
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov esi, esp
    mov edi, FRAME
    mov ecx, 10
    rep movsw
    mov esp, [resume_esp]
    jmp [resume]
.capture:
    mov [ss:SCRATCH + 0x80], esp
    pushad
    lea esi, [esp + 32]
    mov edi, FRAME
    mov ecx, 5
.word:
    mov ax, [ss:esi]
    mov [ss:edi], ax
    add esi, 2
    add edi, 2
    loop .word
    popad
    iretw
.user:
    stc
    int 0x40
.user_40:
    jnc .user
    int 0x30
.user_end:
.user41:
    push dword 0x12345678
    int 0x41
.user41_after:
    add esp, 4
    int 0x30
.user41_end:
.user42:
    mov ecx, 100
.user42_loop:
    int 0x42
.user42_after:
    loop .user42_loop
    int 0x30
.user42_end:
.user_esp:
    mov eax, esp
    mov esp, 0x126000
    int 0x40
    mov ebx, esp
    mov esp, eax
    int 0x30
.user_esp_end:
bits 16
.v86:
    mov ax, 0x500
    mov es, ax
    mov ax, 0x700
    mov ds, ax
    mov ax, 0x900
    mov fs, ax
    mov ax, 0xB00
    mov gs, ax
    int 0x43
.v86_after:
    hlt
.capture16:
    mov [ss:SCRATCH + 0x80], esp
    pushad
    lea esi, [esp + 32]
    mov edi, FRAME
    mov cx, 5
.word16:
    mov ax, [ss:esi]
    mov [ss:edi], ax
    add esi, 2
    add edi, 2
    loop .word16
    popad
    iret
