; 16-bit tasks by JMP, CALL, INT and for a fault with its error code: what is loaded, saved and left alone
; mode: system
; manual: SDM vol. 3A, 7.3 and 7.6
; output: PASS
%include "system.inc"
TSS16 equ 0x3000
TASK16 equ SLOT
GATE equ SLOT + 8
%macro fresh 1                          ; IP
    set_descriptor TASK16, TSS16, 0x2B, 0x081
    mov word [TSS16], 0
    mov word [TSS16 + 14], %1
    mov word [TSS16 + 16], 0x08D7
    mov word [TSS16 + 18], 0xA0A0
    mov word [TSS16 + 20], 0xC0C0
    mov word [TSS16 + 22], 0xD0D0
    mov word [TSS16 + 24], 0xB0B0
    mov word [TSS16 + 26], 0x6800
    mov word [TSS16 + 28], 0xE0E0
    mov word [TSS16 + 30], 0x5151
    mov word [TSS16 + 32], 0xD1D1
    mov word [TSS16 + 34], DATA32
    mov word [TSS16 + 36], CODE32
    mov word [TSS16 + 38], DATA16           ; ESP's upper half is not loaded
    mov word [TSS16 + 40], DATA32
    mov word [TSS16 + 42], 0
    mov dword [TSS16 + 44], 0x77777777
%endmacro
start:
    set_gate gdt + GATE, TASK16, 0, 0x85
    set_gate IDT + 8 * 0x60, TASK16, 0, 0x85
    enable_paging
    mov dword [TSS + 28], PAGE_DIRECTORY
    fresh .look
    mov ax, DATA32
    mov fs, ax
    mov gs, ax
    mov dword [SCRATCH + 64], 0
    push dword AC | ID | 0x8D7
    popfd
    call TASK16:0xFFFF
.back:
    flags_are AC | ID | 0x8D7, AC | ID | 0x8D7
    push dword 2
    popfd
    equals [SCRATCH], 0xA0A0
    equals [SCRATCH + 4], 0x51515151
    equals [SCRATCH + 8], 0x6800
    equals [SCRATCH + 12], NT | 0x8D7       ; the upper half of EFLAGS is clear
    equals [SCRATCH + 16], 0                ; FS and GS are null
    mov eax, cr3
    equals eax, PAGE_DIRECTORY
    mov ax, fs
    movzx eax, ax
    equals eax, DATA32                      ; ours are back
    ; saved in 16 bits
    movzx eax, word [TSS16 + 14]
    equals eax, .look_end
    movzx eax, word [TSS16 + 20]
    equals eax, 0x7654
    movzx eax, word [TSS16 + 38]
    equals eax, DATA16
    movzx eax, word [TSS16 + 42]
    equals eax, 0
    equals [TSS16 + 44], 0x77777777
    movzx eax, word [TSS16]
    equals eax, TASK
    ; by gate and by interrupt, 50 times in turn
    mov ecx, 50
.loop:
    fresh .count
    call GATE:0
    fresh .count
    int 0x60
    dec ecx
    jnz .loop
    equals [SCRATCH + 32], 100
    ; JMP there and JMP back: EIP's upper half is lost in a 16-bit TSS
    fresh .jump_back
    jmp TASK16:0
    movzx eax, byte [gdt + TASK16 + 5]
    equals eax, 0x81
    movzx eax, byte [gdt + TASK + 5]
    equals eax, 0x8B
    equals [SCRATCH + 36], 0x8983
    ; a fault: the error code is a word on its stack
    fresh .fault
    set_gate IDT + 8 * 13, TASK16, 0, 0x85
    mov edx, 0x1238
    mov fs, dx
    equals [SCRATCH + 40], 0x1238
    equals [SCRATCH + 44], 0x67FE
    ; limits
    set_gate IDT + 8 * 13, CODE32, recorder_stubs + 13 * 16, 0xEE
    fresh .count
    set_descriptor TASK16, TSS16, 0x2A, 0x081
    faults 10, TASK16, {call TASK16:0}
    faults 10, TASK16, {jmp GATE:0}
    faults 10, TASK16, int 0x60
    set_descriptor TASK16, TSS16, 0x2B, 0x001
    faults 11, TASK16, {call TASK16:0}
    faults 11, TASK16, int 0x60
    set_descriptor TASK16, TSS16, 0x2B, 0x083
    faults 13, TASK16, {call TASK16:0}
    faults 13, TASK16, {jmp GATE:0}
    faults 13, TASK16, int 0x60
    finish
.look:
    mov [SCRATCH + 12], dword 0
    pushfd
    pop dword [SCRATCH + 12]
    and dword [SCRATCH + 12], ~2
    or dword [SCRATCH + 12], 2
    movzx eax, ax
    mov [SCRATCH], eax
    mov ax, si
    shl eax, 16
    mov ax, si
    mov [SCRATCH + 4], eax
    movzx eax, sp
    mov [SCRATCH + 8], eax
    mov ax, fs
    mov dx, gs
    or ax, dx
    movzx eax, ax
    mov [SCRATCH + 16], eax
    mov ecx, 0x98767654
    iretd
.look_end:
    ud2
.count:
    inc dword [SCRATCH + 32]
    iretd
.jump_back:
    movzx eax, byte [gdt + TASK16 + 5]
    mov ah, [gdt + TASK + 5]
    mov [SCRATCH + 36], eax
    jmp TASK:0
.fault:
    movzx ecx, sp
    mov [SCRATCH + 44], ecx
    xor eax, eax
    pop ax
    mov [SCRATCH + 40], eax
    mov dword [TSS + 48], 0                 ; EDX, so that it does not fault again
    iretd
