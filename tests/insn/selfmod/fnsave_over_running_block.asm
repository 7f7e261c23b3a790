; FNSAVE over code of the block that it stands in runs once
; manual: SDM vol. 3A, 8.1.3
; init: eax=0 ebx=0 flags=0
; expect: eax=3800 ebx=3FFF
    fninit
    fld1
    jmp code
code:
    times 14 db 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0 ; NOP
    fnsave [code]
    mov ax, [code + 4]       ; the status word
    mov bx, [code + 8]       ; the tags
    mov dword [code + 12], 0 ; FIP, FCS, FOP, FDP, FDS
    mov dword [code + 16], 0
    mov dword [code + 20], 0
    mov dword [code + 24], 0
    hlt
