; 16-bit code: REP MOVSW uses CX, SI, DI
; manual: SDM vol. 2B, MOVS
; mode: 16
; init: esi=AAAA0000 edi=BBBB0000 flags=0
; memory: data+200 = 34 12 78 56
; expect: ecx=FFFF0000
    mov si, 0x8100
    mov di, 0x8200
    mov word [si], 0x1234
    mov word [si + 2], 0x5678
    mov ecx, 0xFFFF0002
    rep movsw
    hlt
