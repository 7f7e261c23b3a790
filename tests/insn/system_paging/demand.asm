; Demand paging: the handler maps a page and returns; loads, stores, read-modify-writes, pushes, calls, strings, x87 and SSE go on exactly, at CPL 0 and CPL 3
; mode: system
; manual: SDM vol. 3A, 4.7 and 6.15, interrupt 14
; output: PASS
%include "system.inc"
TABLE equ 0x22000
REGION equ 0x400000                     ; 64 pages, mapped to 64 frames when touched
FRAMES equ 0x200000
%macro unmap_all 0
    push edi
    push ecx
    push eax
    mov edi, TABLE
    mov ecx, 64
    xor eax, eax
    cld
    rep stosd
    mov eax, cr3
    mov cr3, eax
    mov dword [mapped], 0
    pop eax
    pop ecx
    pop edi
%endmacro
; runs the procedure at CPL 0 and at CPL 3 with all pages away; ECX times, EBX the result
%macro at_both 3                        ; label, expected EBX, expected number of faults
    unmap_all
    xor ebx, ebx
    mov ebp, esp
    call %1
    mov esp, ebp
    equals ebx, %2
    equals [mapped], %3
    at_user %1, %2, %3
%endmacro
%macro at_user 3                        ; what moves the stack there: CPL 0 would have none for the handler
    unmap_all
    mov dword [procedure], %1
    xor ebx, ebx
    in_user .user
    fault_was 0x30, 0, .user_end
    equals ebx, %2
    equals [mapped], %3
%endmacro
start:
    ; frames behind 2 MiB: identity for filling comes first
    mov ecx, 64
    mov edi, FRAMES
.fill:
    mov [edi], ecx
    mov [edi + 0xFFC], ecx
    add edi, 0x1000
    loop .fill
    enable_paging
    set_cr4 CR4_OSFXSR, 0
    fninit
    mov edi, TABLE
    mov ecx, 1024
    xor eax, eax
    rep stosd
    mov dword [PAGE_DIRECTORY + 4], TABLE + 7
    set_gate IDT + 8 * 14, CODE32, .page_fault, 0x8E
    at_both .loads, 2080, 64
    at_both .carries, 64, 64
    at_both .stores, 64, 64
    at_both .modifies, 64, 64
    at_both .across, 63, 64
    at_user .pushes, 64 * 3, 4
    at_both .strings, 0x10000, 32
    at_both .compare, 6000, 2
    at_both .floats, 64, 64
    at_both .vectors, 63, 64
    at_user .calls, 64, 1
    at_both .code, 64, 64
    finish
.page_fault:
    push eax
    push ecx
    mov ecx, cr2
    mov eax, ecx
    shr ecx, 12
    sub ecx, REGION >> 12
    cmp ecx, 64
    jae .bad
    inc dword [ss:mapped]
    mov eax, ecx
    shl eax, 12
    add eax, FRAMES + 7
    mov [ss:TABLE + ecx * 4], eax
    pop ecx
    pop eax
    add esp, 4
    iretd
.bad:
    mov dword [ss:failures], 1
    jmp finish_case
.user:
    call [procedure]
    int 0x30
.user_end:
.loads:
    mov edx, REGION
    mov ecx, 64
.loads_next:
    add ebx, [edx]
    add edx, 0x1000
    loop .loads_next
    ret
.carries:                               ; carry lives across the faulting load
    mov edx, REGION
    mov ecx, 64
.carries_next:
    mov eax, -1
    add eax, 1
    mov eax, [edx]
    adc ebx, 0
    lea edx, [edx + 0x1000]
    dec ecx
    jnz .carries_next
    ret
.stores:
    mov edx, REGION
    mov ecx, 64
    xor eax, eax
.stores_next:
    mov [edx + 8], ecx
    cmp [edx + 8], ecx
    setz al
    add ebx, eax
    add edx, 0x1000
    loop .stores_next
    ret
.modifies:
    mov edx, REGION + 16
    mov ecx, 64
.modifies_next:
    add dword [edx], 5
    lock add dword [edx], 6
    xadd [edx], ebx
    mov dword [edx], 0
    cmp ebx, 11
    mov ebx, 0
    sete [counted]
    movzx eax, byte [counted]
    add [total], eax
    add edx, 0x1000
    loop .modifies_next
    mov ebx, [total]
    mov dword [total], 0
    ret
.across:                                ; the second page is missing each time
    mov edx, REGION + 0xFFE
    mov ecx, 63
.across_next:
    mov dword [edx], 0x01020304
    cmp dword [edx], 0x01020304
    jne .across_end
    inc ebx
    add edx, 0x1000
    loop .across_next
.across_end:
    call .refill
    ret
.pushes:
    mov esi, esp
    mov esp, REGION + 0x4000
    mov ecx, 64
.pushes_next:
    push dword 3
    pushad
    add ebx, [esp + 32]
    sub esp, 0xD0
    loop .pushes_next
    mov esp, esi
    call .refill
    ret
.strings:
    cld
    mov esi, REGION
    mov edi, REGION + 0x10000
    mov ecx, 0x4000
    rep movsd
    mov ebx, edi
    sub ebx, REGION + 0x10000
    call .refill
    ret
.compare:                               ; REPE SCASD over two pages of zeros, the first fault in the middle
    cld
    mov edi, REGION + 4
    mov ecx, 1500
    xor eax, eax
    repe scasd
    jne .compare_end
    lea ebx, [edi - REGION - 4]
.compare_end:
    ret
.floats:
    mov edx, REGION + 24
    mov ecx, 64
.floats_next:
    fld1
    fst qword [edx]
    fadd qword [edx]
    fistp dword [edx]
    cmp dword [edx], 2
    mov dword [edx], 0
    mov dword [edx + 4], 0
    jne .floats_end
    inc ebx
    add edx, 0x1000
    loop .floats_next
.floats_end:
    ret
.vectors:                               ; 16 bytes across two pages
    mov edx, REGION + 0xFF8
    mov ecx, 63
    pcmpeqd xmm1, xmm1
.vectors_next:
    movups [edx], xmm1
    movups xmm0, [edx]
    pmovmskb eax, xmm0
    cmp eax, 0xFFFF
    jne .vectors_end
    inc ebx
    add edx, 0x1000
    loop .vectors_next
.vectors_end:
    call .refill
    ret
.calls:                                 ; return addresses on a page that comes with the first
    mov esi, esp
    mov esp, REGION + 0x2000
    mov ecx, 64
.calls_next:
    call .callee
    loop .calls_next
    mov esp, esi
    ret
.callee:
    inc ebx
    ret
.code:                                  ; code in each of the pages
    mov edx, REGION + 0x20
    mov ecx, 64
.code_next:
    mov word [edx], 0xC343              ; INC EBX; RET
    call edx
    mov dword [edx], 0
    add edx, 0x1000
    loop .code_next
    ret
.refill:
    pushfd
    pushad
    cld
    xor eax, eax
    xor ebx, ebx
.refill_page:
    mov edi, ebx
    shl edi, 12
    add edi, REGION
    cmp dword [TABLE + ebx * 4], 0
    je .refill_next
    mov ecx, 1024
    rep stosd
.refill_next:
    inc ebx
    cmp ebx, 64
    jb .refill_page
    popad
    popfd
    ret
align 4
mapped: dd 0
procedure: dd 0
counted: dd 0
total: dd 0
