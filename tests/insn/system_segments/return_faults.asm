; RETF, RETF n and IRET of 16 and 32 bits to the same, an outer and an inner level: every selector check, nothing popped or changed by a fault
; mode: system
; manual: SDM vol. 2B, RET; vol. 2A, IRET; vol. 3A, 5.8.6
; output: PASS
%include "system.inc"
ODD equ SLOT
CONFORMING3 equ SLOT + 8
%macro one 7+                           ; size, EIP, CS, ESP, SS, expected vector, error code and instruction
    mov ebp, esp
%if %1 = 4
    push dword %5
    push dword %4
    push dword 2
    push dword %3
    push dword %2
%else
    push word %5
    push word %4
    push word 2
    push word %3
    push word %2
%endif
    expect_fault %6, %7
%endmacro
%macro expect_fault 3+
    mov edi, esp
    faults %1, %2, %3
    mov eax, esp
    equals eax, edi
    mov ax, cs
    movzx eax, ax
    equals eax, CODE32
    mov ax, ds
    movzx eax, ax
    equals eax, DATA32
    mov esp, ebp
%endmacro
; without flags for RETF
%macro far 7+
    mov ebp, esp
%if %1 = 4
    push dword %5
    push dword %4
    push dword %3
    push dword %2
%else
    push word %5
    push word %4
    push word %3
    push word %2
%endif
    expect_fault %6, %7
%endmacro
%macro both 6                           ; EIP, CS, ESP, SS, vector, error code
    one 4, %1, %2, %3, %4, %5, %6, iretd
    one 2, %1, %2, %3, %4, %5, %6, iretw
    far 4, %1, %2, %3, %4, %5, %6, retf
    far 2, %1, %2, %3, %4, %5, %6, o16 retf
    far 4, %1, %2, %3, %4, %5, %6, retf 0
%endmacro
start:
    ; the code selector
    both .user, 0, STACK3, USER_DATA, 13, 0
    both .user, 3, STACK3, USER_DATA, 13, 0
    both .user, 0x1233, STACK3, USER_DATA, 13, 0x1230
    both .user, 0x1237, STACK3, USER_DATA, 13, 0x1234
    both .user, USER_DATA, STACK3, USER_DATA, 13, USER_DATA & ~3
    both .user, TASK + 3, STACK3, USER_DATA, 13, TASK
    both .user, USER_CODE & ~3, STACK3, USER_DATA, 13, USER_CODE & ~3   ; DPL 3, RPL 0
    both .user, CODE32 + 3, STACK3, USER_DATA, 13, CODE32               ; DPL 0, RPL 3
    both .user, CODE32 + 1, STACK3, USER_DATA, 13, CODE32
    set_descriptor CONFORMING3, 0, 0xFFFFF, 0xCFE
    both .user, CONFORMING3, STACK3, USER_DATA, 13, CONFORMING3         ; conforming, DPL 3 > RPL 0
    set_descriptor ODD, 0, 0xFFFFF, 0xC7B
    both .user, ODD + 3, STACK3, USER_DATA, 11, ODD
    set_descriptor ODD, 0, 0xFFFFF, 0xC1B
    both .user, ODD, STACK3, USER_DATA, 11, ODD
    set_gate gdt + ODD, CODE32, .user, 0xEC, 0
    both .user, ODD + 3, STACK3, USER_DATA, 13, ODD
    ; EIP
    set_descriptor ODD, 0, 0xFFF, 0x4FB
    both .user, ODD + 3, STACK3, USER_DATA, 13, 0
    set_descriptor ODD, 0, 0xFFF, 0x49B
    both .user, ODD, STACK3, USER_DATA, 13, 0
    ; the stack selector
    both .user, USER_CODE, STACK3, 0, 13, 0
    both .user, USER_CODE, STACK3, 3, 13, 0
    both .user, USER_CODE, STACK3, 0x1233, 13, 0x1230
    both .user, USER_CODE, STACK3, DATA32, 13, DATA32
    both .user, USER_CODE, STACK3, DATA32 + 3, 13, DATA32
    both .user, USER_CODE, STACK3, USER_DATA & ~3, 13, USER_DATA & ~3
    both .user, USER_CODE, STACK3, USER_CODE, 13, USER_CODE & ~3
    set_descriptor ODD, 0, 0xFFFFF, 0xCF1
    both .user, USER_CODE, STACK3, ODD + 3, 13, ODD
    set_descriptor ODD, 0, 0xFFFFF, 0xC73
    far 4, .user, USER_CODE, STACK3, ODD + 3, 12, ODD, retf     ; of IRET the manual says #SS and #NP
    far 2, .user, USER_CODE, STACK3, ODD + 3, 12, ODD, o16 retf
    ; to an inner level: CPL 3 cannot
    in_user .inward
    fault_was 13, CODE32, .inward_at
    equals [recorded_esp], STACK3 - 8
    in_user .inward_iret
    fault_was 13, CODE32, .inward_iret_at
    in_user .inward_same
    fault_was 13, CODE32, .inward_same_at
    ; what works: RETF 8 to CPL 3 releases on both stacks; DS, ES, FS, GS that CPL 3 may not use become null
    mov ax, USER_DATA
    mov fs, ax
    mov ax, CODE32
    mov gs, ax
    mov dword [resume], .after
    mov [resume_esp], esp
    push dword USER_DATA
    push dword STACK3 - 8
    push dword 0x11111111
    push dword 0x22222222
    push dword USER_CODE
    push dword .user
    retf 8
.after:
    fault_was 0x30, 0, .user_end
    equals [recorded_esp], STACK3
    equals ebx, 0
    equals ecx, 0
    equals edx, USER_DATA
    equals esi, 0
    ; conforming code stays usable, a readable one of DPL 3 too
    set_descriptor ODD, 0, 0xFFFFF, 0xC9E
    mov ax, ODD
    mov fs, ax
    mov ax, USER_CODE
    mov gs, ax
    in_user .user
    fault_was 0x30, 0, .user_end
    equals edx, ODD
    equals esi, USER_CODE
    ; 100 returns to CPL 3 and back by a call gate
    set_gate gdt + ODD, CODE32, .gate, 0xEC, 0
    in_user .round
    fault_was 0x30, 0, .round_end
    equals ecx, 0
    equals [SCRATCH], 100
    finish
.user:
    xor ebx, ebx
    mov bx, ds
    xor ecx, ecx
    mov cx, es
    cmp ecx, USER_DATA                  ; in_user loads it
    jne .es
    xor ecx, ecx
.es:
    cmp ebx, USER_DATA
    jne .ds
    xor ebx, ebx
.ds:
    xor edx, edx
    mov dx, fs
    xor esi, esi
    mov si, gs
    int 0x30
.user_end:
.inward:
    push dword CODE32
    push dword .user
.inward_at:
    retf
.inward_iret:
    push dword 2
    push dword CODE32
    push dword .user
.inward_iret_at:
    iretd
.inward_same:
    push dword CODE32 + 3
    push dword .user
.inward_same_at:
    retf
.gate:
    inc dword [ss:SCRATCH]
    retf
.round:
    mov ecx, 100
.round_next:
    call ODD + 3:0
    loop .round_next
    int 0x30
.round_end:
