; An instruction across two pages, changed in its second
; manual: SDM vol. 2
; init: flags=0
; expect: eax=11222222
    mov byte [edge + 4], 0x11
    jmp edge
    times 0xFFD - ($ - $$) db 0x90
edge:
    mov eax, 0x22222222
    hlt
