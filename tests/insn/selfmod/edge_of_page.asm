; What stands at a page's end is now one instruction across two pages, now shorter ones within the page; each is run twice
; manual: SDM vol. 3A, 8.1.3
; init: ecx=0 flags=0
; expect: eax=22222226 ecx=6
    mov esi, edge
    mov dword [edge + 1], 0x22222222
    mov dword [edge + 5], 0x90C34190 ; (NOP) INC ECX, RET
    mov byte [edge], 0xB8            ; MOV EAX, imm32 across the end; NOP; INC ECX; RET
    call esi
    call esi
    mov ebx, eax
    mov word [edge], 0xC340          ; INC EAX, RET before the end
    call esi
    call esi
    mov byte [edge], 0xB8
    mov byte [edge + 1], 0x22
    call esi
    call esi
    inc eax
    inc eax
    mov word [edge], 0xC341          ; INC ECX
    call esi
    call esi
    inc eax
    inc eax
    hlt
    times 0xFFE - ($ - $$) db 0x90
edge:
    times 32 db 0x90
