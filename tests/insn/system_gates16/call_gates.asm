; 16-bit call gates: words copied as parameters, frames of words, RETF of 16 bits, at the same level and from CPL 3
; mode: system
; manual: SDM vol. 3A, 5.8.3 to 5.8.6; vol. 2A, CALL
; output: PASS
%include "system.inc"
SAME equ SLOT
INNER equ SLOT + 8
INNER16 equ SLOT + 16
JUMP equ SLOT + 24
WIDE equ SLOT + 32
start:
    set_gate gdt + SAME, CODE32, .same, 0x84, 3
    set_gate gdt + INNER, CODE32, .inner, 0xE4, 3
    set_gate gdt + INNER16, CODE16, .inner16, 0xE4, 31
    set_gate gdt + JUMP, CODE32, .jumped, 0x84, 5
    set_gate gdt + WIDE, CODE32, .wide, 0xEC, 2
    ; same level: no parameters are copied, two words are pushed
    mov ebp, esp
    mov ecx, 100
.loop:
    call SAME:0xDEADBEEF
.after_same:
    dec ecx
    jnz .loop
    mov eax, ebp
    sub eax, [SCRATCH]
    equals eax, 4
    equals [SCRATCH + 4], (CODE32 << 16) + .after_same
    mov eax, esp
    equals eax, ebp
    ; JMP: nothing is pushed
    jmp JUMP:0
.jumped:
    mov eax, esp
    equals eax, ebp
    ; from CPL 3: three words copied, SS:SP as words below them
    in_user .user
    fault_was 0x30, 0, .user_end
    equals [SCRATCH], STACK0_INNER - 14
    equals [SCRATCH + 4], ((USER_CODE & 0xFFFF) << 16) + .user_after
    equals [SCRATCH + 8], 0x11112222 
    equals [SCRATCH + 12], ((STACK3 - 8) << 16) + 0x3333
    movzx eax, word [SCRATCH + 16]
    equals eax, USER_DATA
    equals [recorded_esp], STACK3
    equals ecx, 0
    ; 31 words for a 16-bit procedure
    in_user .user31
    fault_was 0x30, 0, .user31_end
    equals [SCRATCH], STACK0_INNER - 4 - 62 - 4
    equals [recorded_esp], STACK3
    equals edx, 31 * 32 / 2
    ; 32-bit gate: dwords
    in_user .user_wide
    fault_was 0x30, 0, .user_wide_end
    equals [SCRATCH], STACK0_INNER - 24
    equals [SCRATCH + 4], .user_wide_after
    equals [SCRATCH + 8], USER_CODE
    equals [SCRATCH + 12], 0xAAAA0001
    equals [SCRATCH + 16], 0xAAAA0002
    equals [SCRATCH + 20], STACK3 - 8
    equals [SCRATCH + 24], USER_DATA
    equals [recorded_esp], STACK3
    ; gates' DPL
    set_gate gdt + INNER, CODE32, .inner, 0xC4, 3
    user_faults 13, INNER, {call INNER + 3:0}
    set_gate gdt + INNER, CODE32, .inner, 0x64, 3
    user_faults 11, INNER, {call INNER + 3:0}
    set_gate gdt + INNER, CODE32, .inner, 0xE4, 3
    user_faults 13, CODE32, {jmp INNER + 3:0}
    set_gate gdt + INNER, DATA32, .inner, 0xE4, 3
    user_faults 13, DATA32, {call INNER + 3:0}
    set_gate gdt + INNER, 0, .inner, 0xE4, 3
    user_faults 13, 0, {call INNER + 3:0}
    set_gate gdt + INNER, 0x1230, .inner, 0xE4, 3
    user_faults 13, 0x1230, {call INNER + 3:0}
    finish
.same:
    mov [SCRATCH], esp
    mov eax, [esp]
    mov [SCRATCH + 4], eax
    o16 retf
.inner:
    mov [ss:SCRATCH], esp
    mov eax, [ss:esp]
    mov [ss:SCRATCH + 4], eax
    mov eax, [ss:esp + 4]
    mov [ss:SCRATCH + 8], eax
    mov eax, [ss:esp + 8]
    mov [ss:SCRATCH + 12], eax
    mov eax, [ss:esp + 12]
    mov [ss:SCRATCH + 16], eax
    o16 retf 6
.wide:
    mov [ss:SCRATCH], esp
%assign i 0
%rep 6
    mov eax, [ss:esp + i]
    mov [ss:SCRATCH + 4 + i], eax
%assign i i + 4
%endrep
    retf 8
.user:
    mov ecx, 100
.user_loop:
    o16 push word 0x4444
    o16 push word 0x3333
    o16 push word 0x1111
    o16 push word 0x2222
    call INNER + 3:0
.user_after:
    add esp, 2
    loop .user_loop
    int 0x30
.user_end:
.user31:
    mov ecx, 31
.push:
    o16 push cx
    loop .push
    call INNER16 + 3:0
    int 0x30
.user31_end:
.user_wide:
    push dword 0xAAAA0002
    push dword 0xAAAA0001
    call WIDE + 3:0
.user_wide_after:
    int 0x30
.user_wide_end:
bits 16
.inner16:
    mov [ss:SCRATCH], esp
    xor edx, edx
    lea esi, [esp + 4]
    mov cx, 31
.sum:
    movzx eax, word [ss:esi]
    add edx, eax
    add esi, 2
    loop .sum
    retf 62
