; RF and REP: a breakpoint on a repeated instruction hits once; RF in the images between its iterations; a page fault on the way
; mode: system
; manual: SDM vol. 3B, 17.3.1.1; vol. 2B, REP
; output: PASS
%include "system.inc"
%include "debug.inc"
start:
    ; the handler sets RF in the image and returns
    set_gate IDT + 8 * 1, CODE32, .handler, 0x8E
    break_on 0, .movs, EXECUTE
    mov esi, SCRATCH
    mov edi, SCRATCH + 0x800
    mov ecx, 200
.movs:
    rep movsd
    equals [hits], 1
    equals [image], 0                   ; at the breakpoint itself RF is clear
    equals ecx, 0
    equals edi, SCRATCH + 0x800 + 800
    flags_are 0, RF
    ; a fault in the middle: RF is set; it goes on where it was
    enable_paging
    mov dword [PAGE_TABLE + 4 * 0x100], FREE_MEMORY + 7
    mov dword [PAGE_TABLE + 4 * 0x101], 0
    mov eax, cr3
    mov cr3, eax
    set_gate IDT + 8 * 14, CODE32, .page_fault, 0x8E
    mov dword [hits], 0
    break_on 0, .across, EXECUTE
    mov edi, 0x100FF0
    mov ecx, 8
    mov eax, 0x12345678
.across:
    rep stosd
    equals [hits], 1
    equals [faulted], 1
    equals [image], RF
    equals [count], 4
    equals [FREE_MEMORY + 0x1000], 0x12345678
    no_breaks
    finish
.handler:
    push eax
    inc dword [hits]
    mov eax, [esp + 12]
    and eax, RF
    mov [image], eax
    jz .no_image
    inc dword [images]
.no_image:
    mov eax, [esp + 4]
    mov [where], eax
    mov [count], ecx
    mov eax, dr6
    test eax, 1
    jz .not_first
    or dword [esp + 12], RF
.not_first:
    xor eax, eax
    mov dr6, eax
    pop eax
    iretd
.page_fault:
    inc dword [faulted]
    push eax
    mov eax, [esp + 16]
    and eax, RF
    mov [image], eax
    mov [count], ecx
    mov dword [PAGE_TABLE + 4 * 0x101], FREE_MEMORY + 0x1007
    pop eax
    add esp, 4
    iretd
align 4
hits: dd 0
image: dd 0
images: dd 0
where: dd 0
count: dd 0
faulted: dd 0
