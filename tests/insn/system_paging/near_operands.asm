; Operands near each other, in a row: on two pages, the second absent or read-only; at a segment's limit, misaligned, beside code
; mode: system
; manual: SDM vol. 3A, 4.7 and 5.3; vol. 2A, table 2-21
; output: PASS
%include "system.inc"
NEXT equ FREE_MEMORY + 0x1000
ENTRY equ PAGE_TABLE + (NEXT >> 12) * 4
start:
    enable_paging
    set_cr0 CR0_WP, 0
    set_cr4 CR4_OSFXSR, 0
    mov ebp, 3
.round:
    ; all on one page, on two, with the registers changing by constants
    mov ebx, NEXT - 8
    mov dword [ebx], 1
    mov dword [ebx + 4], 2
    mov dword [ebx + 8], 3
    add ebx, 4
    mov eax, [ebx]
    add eax, [ebx + 4]
    lea ebx, [ebx - 4]
    add [ebx], eax
    inc ebx
    add eax, [ebx - 1]
    mov byte [ebx + 3], 0x80
    equals eax, 11
    equals [NEXT - 8], 6
    equals [NEXT - 4], 0x80
    push ebx
    push eax
    mov ecx, [esp]
    mov edx, [esp + 4]
    add esp, 8
    equals ecx, 11
    equals edx, NEXT - 7
    ; the second page absent: the accesses before count, the faulting one changes nothing
    and dword [ENTRY], ~1
    invlpg [NEXT]
    mov ebx, NEXT - 8
    mov dword [ebx], 5
    mov dword [ebx + 4], 6
    faults 14, 2, add [ebx + 8], ebx
    equals [recorded_cr2], NEXT
    faults 14, 0, add edx, [ebx + 5]
    equals edx, NEXT - 7
    equals [NEXT - 8], 5
    equals [NEXT - 4], 6
    ; read-only: reads go on
    or dword [ENTRY], 1
    and dword [ENTRY], ~2
    invlpg [NEXT]
    mov ebx, NEXT + 0x20
    mov eax, [ebx]
    mov ecx, [ebx + 4]
    faults 14, 3, mov [ebx + 8], eax
    mov edx, [ebx + 12]
    or dword [ENTRY], 2
    invlpg [NEXT]
    mov [ebx + 8], edx
    mov [ebx + 4], ecx
    ; at the limit
    set_descriptor SLOT, NEXT, 0x2B, 0x093
    mov ax, SLOT
    mov gs, ax
    mov ebx, 0x20
    mov dword [gs:ebx], 7
    mov dword [gs:ebx + 4], 8
    mov dword [gs:ebx + 8], 9
    faults 13, 0, mov dword [gs:ebx + 9], -1
    faults 13, 0, mov al, [gs:ebx + 12]
    equals [gs:ebx + 8], 9
    equals [gs:ebx + 4], 8
    ; misaligned among aligned ones
    mov ebx, NEXT + 0x100
    pcmpeqd xmm0, xmm0
    movaps [ebx], xmm0
    movaps [ebx + 16], xmm0
    faults 13, 0, movaps [ebx + 24], xmm0
    movups [ebx + 40], xmm0
    pxor xmm0, xmm0
    movss [ebx + 4], xmm0
    pxor xmm0, [ebx]
    movaps [ebx + 32], xmm0
    add ebx, 8
    faults 13, 0, movaps xmm1, [ebx]
    pxor xmm0, xmm0
    movaps xmm0, [ebx + 8]
    movups [ebx + 1], xmm0
    equals [NEXT + 0x120], -1
    equals [NEXT + 0x124], 0
    equals [NEXT + 0x104], 0
    ; the end of the address space: nothing is mapped at its end
    mov ebx, -8
    faults 14, 0, mov eax, [ebx + 4]
    mov eax, [ebx + 8 + SCRATCH]
    faults 14, 0, mov eax, [ebx]
    ; data beside code, and code itself
    mov ebx, .code
    mov eax, ebp
    mov ecx, [ebx - 8]
    mov [ebx - 8], ecx
    mov byte [ebx + 1], al
    mov [ebx - 4], eax
    jmp .code
    dd 0, 0
.code:
    mov cl, 0
    movzx ecx, cl
    equals ecx, ebp
    equals [.code - 4], ebp
    dec ebp
    jnz .round
    finish
