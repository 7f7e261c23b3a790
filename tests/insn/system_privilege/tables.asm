; LGDT, LIDT, LLDT, LTR and their stores: operand size, faults of the memory operand, at CPL 0 and CPL 3; segment loads in a loop
; mode: system
; manual: SDM vol. 2A, LGDT, LLDT, LTR; vol. 2B, SGDT
; output: PASS
%include "system.inc"
start:
    sgdt [SCRATCH]
    o16 sgdt [SCRATCH + 8]              ; all 32 bits, as since the 386
    equals [SCRATCH + 10], gdt
    mov word [SCRATCH + 16], 0x1234
    mov dword [SCRATCH + 18], 0xAB000000 + IDT
    lidt [SCRATCH + 16]
    sidt [SCRATCH + 24]
    equals [SCRATCH + 26], 0xAB000000 + IDT
    o16 lidt [SCRATCH + 16]             ; 24 bits
    sidt [SCRATCH + 24]
    equals [SCRATCH + 26], IDT
    lidt [idt_pointer]
    set_descriptor SLOT, SCRATCH, 0x1F, 0x093
    mov ax, SLOT
    mov gs, ax
    lgdt [gs:0]
    faults 13, 0, lgdt [gs:0x1B]
    faults 13, 0, lidt [gs:0x1B]
    faults 13, 0, sgdt [gs:0x1B]
    faults 13, 0, sidt [gs:0x1F]
    faults 6, 0, {db 0x0F, 0x01, 0xD4}  ; a register
    faults 6, 0, {db 0x0F, 0x01, 0xDC}
    sgdt [SCRATCH + 8]
    equals [SCRATCH + 10], gdt          ; unchanged
    user_faults 13, 0, lgdt [SCRATCH]
    user_faults 13, 0, lidt [SCRATCH]
    user_faults 13, 0, lldt ax
    user_faults 13, 0, lldt [SCRATCH]
    user_faults 13, 0, ltr ax
    user_faults 13, 0, ltr [SCRATCH]
    v86_faults IOPL(3), 13, 0, lgdt [SCRATCH]
    v86_faults IOPL(3), 13, 0, lidt [SCRATCH]
    v86_faults IOPL(3), 6, 0, ltr ax
    v86_faults IOPL(3), 6, 0, lldt ax
    ; LLDT
    set_descriptor SLOT + 8, SCRATCH + 0x100, 0x2F, 0x082
    mov ax, SLOT + 8
    lldt ax
    sldt bx
    movzx ebx, bx
    equals ebx, SLOT + 8
    mov dword [SCRATCH + 0x108], 0x5000FFFF
    mov dword [SCRATCH + 0x10C], 0x0000F300
    mov eax, 0xC
    mov fs, ax
    equals [fs:10], gdt
    mov eax, 0x34
    faults 13, 0x34, mov fs, ax         ; beyond the LDT
    mov eax, CODE32
    faults 13, CODE32, lldt ax
    mov eax, TASK
    faults 13, TASK, lldt ax
    mov eax, 0xC
    faults 13, 0xC, lldt ax
    mov eax, 0x1230
    faults 13, 0x1230, lldt ax
    mov byte [gdt + SLOT + 8 + 5], 0x02
    mov eax, SLOT + 8
    faults 11, SLOT + 8, lldt ax
    sldt ebx
    equals ebx, SLOT + 8
    xor eax, eax
    lldt ax
    mov eax, 0xC
    faults 13, 0xC, mov fs, ax
    mov eax, 3
    lldt ax
    sldt ebx
    equals ebx, 3
    ; LTR
    xor eax, eax
    faults 13, 0, ltr ax
    mov eax, TASK
    faults 13, TASK, ltr ax             ; busy
    mov byte [gdt + TASK + 5], 0x09
    faults 11, TASK, ltr ax
    mov byte [gdt + TASK + 5], 0x89
    ltr ax
    movzx eax, byte [gdt + TASK + 5]
    equals eax, 0x8B
    mov eax, CODE32
    faults 13, CODE32, ltr ax
    mov eax, 0xC
    faults 13, 0xC, ltr ax
    str bx
    movzx ebx, bx
    equals ebx, TASK
    ; loads of segment registers, 100 rounds, at CPL 0 and CPL 3
    mov ecx, 100
    xor edx, edx
.loop:
    call .segments
    loop .loop
    equals edx, 100 * 4
    in_user .user
    fault_was 0x30, 0, .user_end
    equals edx, 100 * 4
    ; descriptors are marked accessed
    set_descriptor SLOT + 16, 0, 0xFFFFF, 0xC92
    mov eax, SLOT + 16
    mov es, ax
    movzx eax, byte [gdt + SLOT + 16 + 5]
    equals eax, 0x93
    finish
.segments:
    mov eax, USER_DATA
    mov es, ax
    mov fs, ax
    mov gs, ax
    push es
    push fs
    pop gs
    pop fs
    mov dword [SCRATCH + 0x80], 1
    mov word [SCRATCH + 0x84], USER_DATA
    add edx, [es:SCRATCH + 0x80]
    add edx, [fs:SCRATCH + 0x80]
    les ebx, [SCRATCH + 0x80]
    add edx, [es:ebx + SCRATCH + 0x7F]
    mov word [SCRATCH + 0x86], 3
    lgs bx, [SCRATCH + 0x84]
    lfs ebx, [SCRATCH + 0x80]
    add edx, [fs:SCRATCH + 0x80]
    ret
.user:
    mov ecx, 100
    xor edx, edx
.user_loop:
    call .segments
    loop .user_loop
    int 0x30
.user_end:
