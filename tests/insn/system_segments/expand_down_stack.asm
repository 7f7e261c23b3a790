; Stacks in expand-down and in 16-bit segments: pushes, calls and interrupts at their ends; #SS without a change of ESP; LSS
; mode: system
; manual: SDM vol. 3A, 3.4.5.1, 5.3 and 6.15 (interrupt 12); vol. 1, 6.2.3
; output: PASS
%include "system.inc"
DOWN equ SLOT
DOWN16 equ SLOT + 8
UP16 equ SLOT + 16
%macro on_stack 2                       ; selector, ESP
    mov dword [SCRATCH], %2
    mov word [SCRATCH + 4], %1
    lss esp, [SCRATCH]
%endmacro
start:
    set_descriptor DOWN, 0, 0x5FFF, 0x497       ; 6000 and up
    set_descriptor DOWN16, 0, 0x5FFF, 0x097     ; 6000 to FFFF
    set_descriptor UP16, 0, 0x6FFF, 0x093       ; 0 to 6FFF
    ; fits and does not
    on_stack DOWN, 0x6010
    push eax
    push eax
    push eax
    push eax
    mov eax, esp
    on_stack DATA32, STACK0
    equals eax, 0x6000
    on_stack DOWN16, 0x12346008                 ; ESP's upper half is not used and not changed
    push eax
    push ax
    mov eax, esp
    on_stack DATA32, STACK0
    equals eax, 0x12346002
    on_stack UP16, 0x12347000
    push eax
    pop ecx
    pushad
    popad
    mov eax, esp
    on_stack DATA32, STACK0
    equals eax, 0x12347000
    ; 100 calls on the 16-bit stack
    mov ecx, 100
    xor ebx, ebx
    on_stack UP16, 0x55556800
.loop:
    call .callee
    push ecx
    pop edx
    add ebx, edx
    loop .loop
    mov eax, esp
    on_stack DATA32, STACK0
    equals ebx, 5050 + 100
    equals eax, 0x55556800
    ; faults: from CPL 3, so that the handler has a stack
    set_descriptor DOWN, 0, 0x5FFF, 0x4F7
    set_descriptor DOWN16, 0, 0x5FFF, 0x0F7
    set_descriptor UP16, 0, 0x6FFF, 0x0F3
%macro user_stack 3                     ; selector, ESP, label that faults
    mov dword [resume], %%after
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
    push dword (%1) + 3
    push dword %2
    push dword 2
    push dword USER_CODE
    push dword %3
    iretd
%%after:
    fault_was 12, 0, %3
    equals [recorded_esp], %2
%endmacro
    user_stack DOWN, 0x6003, .push
    user_stack DOWN, 0x6000, .push
    user_stack DOWN, 0x6003, .call
    user_stack DOWN, 0x601F, .pushad
    user_stack DOWN, 0x5FFC, .pop
    user_stack DOWN, 0x5FFE, .ret
    user_stack DOWN16, 0x6003, .push
    user_stack DOWN16, 0xFFFE, .pop
    user_stack DOWN16, 0x6003, .enter
    user_stack UP16, 0x7004, .push
    user_stack UP16, 0x6FFE, .pop
    user_stack UP16, 0x7001, .pushw
    user_stack UP16, 0, .push
    user_stack UP16, 0x6FFD, .leave_
    finish
.callee:
    inc ebx
    ret
.push:
    push eax
.pushw:
    o16 push ax
.call:
    call .callee
.pushad:
    pushad
.pop:
    pop eax
.ret:
    ret
.enter:
    enter 0, 0
.leave_:
    popfd
