; POP, MOV, LDS, LES, LFS, LGS and LSS of segment registers that fault: ESP, the register and the pointer stay; at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 2B, POP; vol. 2A, LDS; vol. 3A, 5.6 and 5.7
; output: PASS
%include "system.inc"
ABSENT equ SLOT
CODE_ONLY equ SLOT + 8
%macro popped 4                         ; register, value, vector, error code: at CPL 0
    mov ebp, esp
    push dword %2
    mov edi, esp
    faults %3, %4, pop %1
    mov eax, esp
    equals eax, edi
    faults %3, %4, o16 pop %1
    mov eax, esp
    equals eax, edi
    mov esp, ebp
    mov dword [SCRATCH], 0x12345678
    mov word [SCRATCH + 4], %2
    mov ecx, 0x9ABCDEF0
    faults %3, %4, l%1 ecx, [SCRATCH]
    equals ecx, 0x9ABCDEF0
    mov eax, %2
    faults %3, %4, mov %1, ax
%endmacro
%macro all_data 3                       ; value, vector, error code
    popped ds, %1, %2, %3
    popped es, %1, %2, %3
    popped fs, %1, %2, %3
    popped gs, %1, %2, %3
%endmacro
start:
    set_descriptor ABSENT, 0, 0xFFFFF, 0xC13
    set_descriptor CODE_ONLY, 0, 0xFFFFF, 0xC99
    mov ax, USER_DATA
    mov es, ax
    mov fs, ax
    mov gs, ax
    all_data 0x1230, 13, 0x1230
    all_data ABSENT, 11, ABSENT
    all_data CODE_ONLY, 13, CODE_ONLY
    all_data TASK, 13, TASK
    all_data DATA32 + 1, 13, DATA32
    popped ss, 0, 13, 0
    popped ss, 3, 13, 0
    popped ss, 0x1230, 13, 0x1230
    popped ss, ABSENT, 12, ABSENT
    popped ss, CODE32, 13, CODE32
    popped ss, USER_DATA, 13, USER_DATA & ~3
    popped ss, DATA32 + 3, 13, DATA32
    mov bx, es
    movzx ebx, bx
    equals ebx, DATA32                  ; the recorder's
    mov bx, fs
    movzx ebx, bx
    equals ebx, USER_DATA
    mov bx, ss
    movzx ebx, bx
    equals ebx, DATA32
    ; CPL 3
    mov eax, DATA32
    user_faults 13, DATA32, mov ds, ax
    user_faults 13, DATA32, mov ss, ax
    user_faults 13, DATA32, {db 0x8E, 0xE0}      ; MOV FS, AX
    mov eax, USER_DATA & ~3
    user_faults 13, USER_DATA & ~3, mov ss, ax
    user_runs {mov es, ax}
    xor eax, eax
    user_faults 13, 0, mov ss, ax
    user_runs {mov es, ax}
    in_user .null
    fault_was 13, 0, .null_at
    in_user .pop_ss
    fault_was 13, DATA32, .pop_ss_at
    equals [recorded_esp], STACK3 - 4
    in_user .null_fs
    fault_was 13, 0, .null_fs_at
    ; a null selector with an RPL; LDS of null
    mov ax, 3
    mov gs, ax
    mov ebx, 0
    mov bx, gs
    equals ebx, 3
    faults 13, 0, mov al, [gs:0]
    faults 13, 0, mov [gs:0], al
    mov word [SCRATCH + 4], 2
    lgs ecx, [SCRATCH]
    mov bx, gs
    equals ebx, 2
    equals ecx, 0x12345678
    finish
.null:
    xor eax, eax
    mov es, ax
.null_at:
    mov al, [es:0]
.pop_ss:
    push dword DATA32
.pop_ss_at:
    pop ss
.null_fs:
    push dword 1
    pop fs
.null_fs_at:
    lock inc dword [fs:SCRATCH]
