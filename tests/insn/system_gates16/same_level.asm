; 16-bit interrupt and trap gates at the same level: frames of words, IF, error codes, from 32- and 16-bit code
; mode: system
; manual: SDM vol. 3A, 6.11 and 6.12.1; vol. 2A, INT n and IRET
; output: PASS
%include "system.inc"
FRAME equ SCRATCH + 0x90
%macro frame_is 3                       ; IP, CS, size in bytes below ESP before
    mov eax, [FRAME]
    and eax, 0xFFFF
    equals eax, %1
    mov eax, [FRAME + 2]
    and eax, 0xFFFF
    equals eax, %2
    mov eax, ebp
    sub eax, [SCRATCH + 0x80]
    equals eax, %3
%endmacro
start:
    set_gate IDT + 8 * 0x40, CODE32, .capture, 0x86             ; interrupt
    set_gate IDT + 8 * 0x41, CODE32, .capture, 0x87             ; trap
    set_gate IDT + 8 * 0x42, CODE16, .capture16, 0x86           ; a 16-bit handler
    mov word [IDT + 8 * 0x40 + 6], 0xDEAD                       ; the upper half of the offset does not count
    mov ebp, esp
    sti
    stc
    int 0x40
.a:
    flags_are CF | IF | 2, CF | IF | 2
    cli
    frame_is .a, CODE32, 6
    mov eax, [FRAME + 4]
    and eax, CF | IF | 2
    equals eax, CF | IF | 2
    equals [SCRATCH + 0x88], 0                                  ; IF in the handler
    sti
    clc
    int 0x41
.b:
    flags_are IF | 2, CF | IF | 2
    cli
    frame_is .b, CODE32, 6
    equals [SCRATCH + 0x88], IF
    int 0x42
.c:
    frame_is .c, CODE32, 6
    ; flags above bit 15 stay: IRET of 16 bits does not touch them
    push dword AC | ID | 2
    popfd
    int 0x40
    flags_are AC | ID | 2, AC | ID | 2
    push dword 2
    popfd
    ; an error code takes a word
    set_gate IDT + 8 * 13, CODE32, .capture_error, 0x86
    mov eax, 0x1238
.d: mov fs, ax
.d_end:
    equals [SCRATCH + 0x8C], 0x1238
    frame_is .d, CODE32, 6
    ; from 16-bit code, on a 32-bit stack and on a 16-bit one with garbage in ESP's upper half
    jmp CODE16:.small
bits 16
.small:
    int 0x40
.e: int 0x42
.f: mov dx, DATA16
    mov ss, dx
    or esp, 0xABCD0000
    int 0x41
.g: mov esi, esp
    mov dx, DATA32
    mov ss, dx
    movzx esp, sp
    jmp dword CODE32:.wide
bits 32
.wide:
    frame_is .g, CODE16, 6
    mov eax, ebp
    or eax, 0xABCD0000
    equals esi, eax                                             ; ESP's upper half came through
    ; 100 times, both kinds in turn
    mov ecx, 100
    xor edi, edi
.loop:
    int 0x40
    int 0x41
    int 0x42
    add edi, [SCRATCH + 0x94]
    loop .loop
    mov eax, esp
    equals eax, ebp
    set_gate IDT + 8 * 12, TASK_GATE_SLOT, 0, 0x85
    set_descriptor TASK_GATE_SLOT, TSS2, 0x67, 0x089
    mov dword [TSS2 + 32], .ss_task
    mov dword [TSS2 + 36], 2
    mov dword [TSS2 + 56], 0x6800
    mov dword [TSS2 + 72], DATA32
    mov dword [TSS2 + 76], CODE32
    mov dword [TSS2 + 80], DATA32
    mov dword [TSS2 + 84], DATA32
    ; the stack ends: #SS for a frame that does not fit
    set_descriptor SLOT, 0, 0x6003, 0x093                       ; 16-bit stack, limit 6003
    mov ax, SLOT
    mov edx, esp
    mov ss, ax
    mov esp, 0x6000
    int 0x41                                                    ; fits
    mov esp, 4
    int 0x40                                                    ; 4 bytes are left for 6: wraps to FFFE, beyond the limit
.ss:
    finish
.ss_task:
    mov eax, [TSS + 32]
    equals eax, .ss - 2
    equals [TSS + 56], 4
    pop eax
    equals eax, 0x0                                             ; error code; INT n is not external
    finish
TSS2 equ 0x3000
TASK_GATE_SLOT equ SLOT + 8
.capture:                               ; the stack may be 16 bits wide
    mov [SCRATCH + 0x84], eax
    mov [SCRATCH + 0xA0], ebx
    movzx ebx, sp
    mov [SCRATCH + 0x80], ebx
    mov eax, [ebx]
    mov [FRAME], eax
    mov eax, [ebx + 4]
    mov [FRAME + 4], eax
    pushfd
    pop eax
    and eax, IF
    mov [SCRATCH + 0x88], eax
    mov eax, [SCRATCH + 0x84]
    mov ebx, [SCRATCH + 0xA0]
    iretw
.capture_error:
    push eax
    movzx eax, word [esp + 4]
    mov [SCRATCH + 0x8C], eax
    pop eax
    add esp, 2
    mov [SCRATCH + 0x80], esp
    mov eax, [esp]
    mov [FRAME], eax
    mov word [esp], .d_end
    iretw
bits 16
.capture16:
    mov [ss:SCRATCH + 0x80], esp
    mov [ss:SCRATCH + 0x84], eax
    mov eax, [ss:esp]
    mov [ss:FRAME], eax
    mov eax, [ss:SCRATCH + 0x84]
    iret
