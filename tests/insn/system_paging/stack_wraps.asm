; A stack whose pointer passes zero, both ways, in Ring 0 and Ring 3: addresses and the pointer itself have 32 bits
; mode: system
; manual: SDM vol. 1, 6.2.1 and 3.3.7
; output: PASS
%include "system.inc"
TABLE equ 0x22000
TOP equ 0x30000                 ; the frame of FFFFF000h
seen equ SCRATCH
rounds equ 40

; Leaves sums of what it has seen at `seen`; must not use a stack of its own.
%macro wrap_around 0
    mov dword [seen + 28], rounds
%%again:
    mov esp, 8
    push dword 0x11111111       ; [4]
    push dword 0x22222222       ; [0]
    push dword 0x33333333       ; [FFFFFFFC]
    push dword 0x44444444       ; [FFFFFFF8]
    mov [seen], esp
    mov ebx, esp
    mov [seen + 4], ebx
    lea ecx, [esp + 8]
    mov [seen + 8], ecx
    mov edx, [esp + 4]
    add edx, [esp + 8]
    mov [seen + 12], edx
    movq mm0, [esp]
    movd eax, mm0
    mov [seen + 16], eax
    movq mm0, [esp + 8]
    movd eax, mm0
    mov [seen + 20], eax
    pop eax
    pop esi
    pop edi
    pop ebp
    add eax, esi
    add eax, edi
    add eax, ebp
    add eax, esp
    mov [seen + 24], eax
    mov esp, 16
    pushad
    mov ecx, esp
    popad
    mov esp, 0
    call %%function             ; its return address is at FFFFFFFC
    pushfd
    pop eax
    mov ebp, 4
    push ebp
    mov ebp, esp
    push eax
    leave
    add ebp, esp
    mov [seen + 32], ebp
    dec dword [seen + 28]
    jnz %%again
    jmp %%end
%%function:
    mov [seen + 36], esp
    ret
%%end:
%endmacro

%macro seen_is_right 0
    equals dword [seen], 0xFFFFFFF8
    equals dword [seen + 4], 0xFFFFFFF8
    equals dword [seen + 8], 0
    equals dword [seen + 12], 0x55555555
    equals dword [seen + 16], 0x44444444
    equals dword [seen + 20], 0x22222222
    equals dword [seen + 24], 0xAAAAAAB2
    equals dword [seen + 28], 0
    equals dword [seen + 32], 4
    equals dword [seen + 36], 0xFFFFFFFC
    equals dword [TOP + 0xFFC], 4
%endmacro

start:
    mov dword [TABLE + 4 * 1023], TOP + 7
    enable_paging
    mov dword [PAGE_DIRECTORY + 4 * 1023], TABLE + 7
    mov [SCRATCH + 64], esp
    wrap_around
    mov esp, [SCRATCH + 64]
    seen_is_right
    mov dword [seen + 32], 0
    in_user user
    fault_was 0x30, 0, done
    seen_is_right
    finish

user:
    wrap_around
    int 0x30
done:
