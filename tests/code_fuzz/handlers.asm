; What the fuzz guest runs when something happens to it: loaded at 0, with a table of variables at 3000h that the
; test fills in. Code comes in slots; what faults is skipped by going on at the next slot with a fresh stack,
; or what it lacked is mended and it runs again; interrupts return, or go on somewhere else.
SEED    equ 0x3000
BASE    equ 0x3004      ; EIP of the first slot
MASK    equ 0x3008      ; an offset among the slots: multiple of STRIDE
CODE    equ 0x300C      ; selector
STACK   equ 0x3010      ; SP and SS as LSS wants them
DATA    equ 0x3018      ; selector
DATA_86 equ 0x3034      ; the same in virtual-8086 mode
KIND    equ 0x301C      ; 0: CPL 0, 1: CPL 3, 2: virtual-8086
NEW_IP  equ 0x3020
NEW_FL  equ 0x3024
KERNEL  equ 0x3028      ; SP and SS of the empty kernel stack
MXCSR   equ 0x3030
STRIDE  equ 0x3038      ; from slot to slot
SWITCH  equ 0x303C      ; what to change in CR3 for the other address space, or 0
MENDED  equ 0x3040      ; page table entries of the zone's 16 pages that let everything through
TABLE   equ 0x44040     ; the zone's entries in the first address space
TABLE2  equ 0x45040     ; and in the second
ZONE    equ 0x10010000

; ---- Real mode: 16-bit handlers, CS = 0 ----------------------------------------------------------------------------
bits 16
org 0
times 0x500 db 0
%assign vector 0
%rep 64
    align 8, nop
    push byte vector
    jmp near common16
%assign vector vector + 1
%endrep

common16:               ; es ds di si bp sp bx dx cx ax vector ip cs flags
    pusha
    push ds
    push es
    mov bp, sp
    xor ax, ax
    mov ds, ax
    imul bx, [SEED], 25173
    add bx, 13849
    mov [SEED], bx
    shr bx, 4
    mov ax, [bp + 20]
    cmp ax, 0x30
    jae back16
    cmp ax, 0x20
    jae external16
    cmp ax, 2
    je external16
    cmp ax, 1
    je debug16
    cmp ax, 3
    je back16
    cmp ax, 4
    je back16
    cmp ax, 7
    jne .not_nm
    clts
    jmp back16
.not_nm:
    cmp ax, 16
    jne skip16
    fninit
skip16:
    mov cx, bx
    test bh, 2
    jz finish16
    mov cx, [bp + 22]
    add cx, [STRIDE]
finish16:
    and cx, [MASK]
    mov [NEW_IP], cx
    mov dx, [bp + 26]
    and dh, ~0x41       ; TF, NT
    test bl, 3
    jz .masked
    or dh, 2
.masked:
    mov [NEW_FL], dx
    lea sp, [bp + 4]
    popa
    lss sp, [cs:STACK]
    push word [cs:NEW_FL]
    push word [cs:CODE]
    push word [cs:NEW_IP]
    mov ds, [cs:DATA]
    mov es, [cs:DATA]
    iret
external16:
    mov cx, bx
    test bh, 1
    jz finish16
back16:
    pop es
    pop ds
    popa
    add sp, 2
    iret
debug16:
    test bl, 1
    jz back16
    and byte [bp + 27], ~1
    test bl, 6
    jnz back16
    push eax
    xor eax, eax
    mov dr7, eax
    pop eax
    jmp back16

; ---- Protected mode ------------------------------------------------------------------------------------------------
bits 32
times 0x4000 - ($ - $$) db 0
%assign vector 0
%rep 64
    align 16, nop
%if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
    push byte 0
%endif
    push byte vector
    jmp near event
%assign vector vector + 1
%endrep

    align 16, nop
sysenter_entry:         ; 4400h
    push dword [cs:STACK + 4]
    push dword [cs:STACK]
    push dword 0x202
    push dword [cs:CODE]
    push dword [cs:BASE]
    push byte 0
    push byte 13

event:                 ; es ds edi esi ebp esp ebx edx ecx eax vector error eip cs eflags
    pushad
    push ds
    push es
    mov eax, ss
    lar eax, ax
    test eax, 1 << 22
    jnz .wide
    movzx esp, sp
.wide:
    mov ebp, esp
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    imul ebx, [SEED], 1664525
    add ebx, 1013904223
    mov [SEED], ebx
    shr ebx, 8
    mov eax, [ebp + 40]
    cmp eax, 0x30
    jae system_call
    cmp eax, 0x20
    jae external
    cmp eax, 2
    je external
    cmp eax, 1
    je debug
    cmp eax, 3
    je back
    cmp eax, 4
    je back
    cmp eax, 14
    je page_fault
    cmp eax, 7
    jne .not_nm
    clts
    jmp back
.not_nm:
    cmp eax, 17
    jne .not_ac
    and dword [ebp + 56], ~(1 << 18)
    jmp back
.not_ac:
    cmp eax, 16
    je .fpu
    cmp eax, 19
    jne skip
.fpu:
    fninit
    ldmxcsr [MXCSR]
skip:
    mov ecx, ebx
    test ebx, 0x300000
    jz finish
    mov ecx, [ebp + 48]
    add ecx, [STRIDE]
finish:                 ; ecx: where to go on, modulo the slots
    and ecx, [MASK]
    or ecx, [BASE]
    mov [NEW_IP], ecx
    mov edx, [ebp + 56]
    and edx, ~0x34100   ; TF, NT, RF, VM
    test bl, 3
    jz .masked
    or edx, 0x200
.masked:
    cmp byte [KIND], 2
    jne .not_vm
    or edx, 0x20000
.not_vm:
    mov [NEW_FL], edx
    mov fs, [DATA]
    test bl, 0x30
    jz .keep
    mov gs, [DATA]
    mov es, [DATA]
.keep:
    lea esp, [ebp + 8]
    popad
    cmp byte [cs:KIND], 0
    jne .outward
    lss esp, [cs:STACK]
    jmp .return
.outward:
    lss esp, [cs:KERNEL]
    cmp byte [cs:KIND], 2
    jne .user
    push dword [cs:DATA_86]
    push dword [cs:DATA_86]
    push dword [cs:DATA_86]
    push dword [cs:DATA_86]
.user:
    push dword [cs:STACK + 4]
    push dword [cs:STACK]
.return:
    push dword [cs:NEW_FL]
    push dword [cs:CODE]
    push dword [cs:NEW_IP]
    mov ds, [cs:DATA]
    iretd
external:
    mov ecx, ebx
    test ebx, 0x400000
    jnz back
    mov eax, cr3
    test ebx, 0x800000
    jz .reload
    xor eax, [SWITCH]
.reload:
    mov cr3, eax
    jmp finish
debug:
    test bl, 1
    jz back
    and dword [ebp + 56], ~0x100
    test bl, 6
    jnz back
    xor eax, eax
    mov dr7, eax
back:
    pop es
    pop ds
    popad
    add esp, 8
    iretd
page_fault:
    mov eax, cr2
    sub eax, ZONE
    shr eax, 12
    cmp eax, 16
    jae skip
    test bl, 1
    jz skip
    mov ecx, [MENDED + 4 * eax]
    mov [TABLE + 4 * eax], ecx
    mov [TABLE2 + 4 * eax], ecx
    mov eax, cr2
    invlpg [eax]
    jmp back

system_call:            ; by EAX, on one of the zone's pages
    mov esi, ebx
    shr esi, 4
    and esi, 15
    mov edi, esi
    shl edi, 12
    add edi, ZONE
    mov eax, [ebp + 36]
    and eax, 7
    jmp [cs:.actions + 4 * eax]
.actions: dd .present, .writable, .user, .reload, .switch, .task, .swap, .alignment
.present:
    xor dword [TABLE + 4 * esi], 1
    invlpg [edi]
    jmp back
.writable:
    xor dword [TABLE + 4 * esi], 2
    invlpg [edi]
    jmp back
.user:
    xor dword [TABLE2 + 4 * esi], 4
    xor dword [TABLE + 4 * esi], 4
    invlpg [edi]
    jmp back
.reload:
    mov eax, cr3
    mov cr3, eax
    jmp back
.switch:
    mov eax, cr3
    xor eax, 0x1000     ; directories at 40000h and 41000h
    mov cr3, eax
    jmp back
.task:
    mov eax, cr0
    xor eax, 8
    mov cr0, eax
    jmp back
.swap:                  ; two neighbours
    mov ecx, esi
    xor ecx, 1
    mov eax, [TABLE + 4 * esi]
    xchg eax, [TABLE + 4 * ecx]
    mov [TABLE + 4 * esi], eax
    invlpg [edi]
    xor edi, 0x1000
    invlpg [edi]
    jmp back
.alignment:
    mov eax, cr0
    xor eax, 0x40000
    mov cr0, eax
    jmp back
times 0x5000 - ($ - $$) db 0
