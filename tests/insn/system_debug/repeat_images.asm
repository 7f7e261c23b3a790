; RF in the EFLAGS images of traps and interrupts between the iterations of REP: set but for the last; a breakpoint on the instruction hits once
; mode: system
; manual: SDM vol. 3B, 17.3.1.1
; bochs: it leaves RF clear in them
; output: PASS
%include "system.inc"
%include "debug.inc"
APIC equ 0xFEE00000
start:
    set_gate IDT + 8 * 1, CODE32, .handler, 0x8E
    ; and with a data breakpoint in the middle: RF is set in its image, but not for the last iteration
    mov dword [hits], 0
    break_on 1, SCRATCH + 0x808, WRITE4
    mov eax, .stos
    mov dr0, eax
    mov eax, 2 | 8 | 0xD00000
    mov dr7, eax
    mov edi, SCRATCH + 0x800
    mov ecx, 4
.stos:
    rep stosd
    equals [hits], 2
    equals [image], RF
    equals [where], .stos
    equals [count], 1
    mov dword [hits], 0
    mov edi, SCRATCH + 0x800
    mov ecx, 3
    break_on 1, SCRATCH + 0x808, WRITE4
.stos2:
    rep stosd
.stos2_end:
    equals [hits], 1
    equals [image], 0
    equals [where], .stos2_end
    ; single steps: RF for all iterations but the last
    no_breaks
    mov dword [hits], 0
    mov dword [images], 0
    mov edi, SCRATCH
    mov ecx, 5
    pushfd
    or dword [esp], TF
    popfd
    rep stosb
    mov eax, 1
    pushfd
    and dword [esp], ~TF
    popfd
    equals [hits], 5 + 4
    equals [images], 4
    ; an interrupt that one of the iterations requests itself: the command register is the first that MOVSD writes
    no_breaks
    mov dword [APIC + 0xF0], 0x1FF
    set_gate IDT + 8 * 0x50, CODE32, .interrupt, 0x8E
    mov dword [hits], 0
    mov eax, .request
    mov dr0, eax
    mov eax, 2
    mov dr7, eax
    mov dword [SCRATCH], 0x4050
    mov dword [SCRATCH + 4], 0
    mov dword [SCRATCH + 8], 0
    mov dword [SCRATCH + 12], 0
    mov dword [SCRATCH + 16], 0
    mov esi, SCRATCH
    mov edi, APIC + 0x300
    mov ecx, 5
    sti
.request:
    rep movsd
    cli
    equals ecx, 0
    equals [taken], 1
    equals [hits], 1
    mov eax, [image]
    mov ecx, [count]
    test ecx, ecx
    jz .at_end                          ; after the last iteration it is clear
    equals eax, RF
    equals [where], .request
    finish
.at_end:
    equals eax, 0
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
.interrupt:
    inc dword [taken]
    push eax
    mov eax, [esp + 12]
    and eax, RF
    mov [image], eax
    mov [count], ecx
    mov eax, [esp + 4]
    mov [where], eax
    mov dword [APIC + 0xB0], 0
    pop eax
    iretd
align 4
hits: dd 0
image: dd 0
images: dd 0
where: dd 0
count: dd 0
taken: dd 0
