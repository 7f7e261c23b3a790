; AAD 255
; manual: SDM vol. 2A, AAD
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aad 255}, 0, CF, 0, PF|ZF
    adjust {aad 255}, 1, CF, 1, 0
    adjust {aad 255}, 9, CF, 9, PF
    adjust {aad 255}, 0xA, CF, 0xA, PF
    adjust {aad 255}, 0x63, CF, 0x63, PF
    adjust {aad 255}, 0x7F, CF, 0x7F, 0
    adjust {aad 255}, 0x80, CF, 0x80, SF
    adjust {aad 255}, 0xFF, CF, 0xFF, PF|SF
    adjust {aad 255}, 0x109, CF, 8, 0
    adjust {aad 255}, 0xFFFF, CF, 0, PF|ZF
    adjust {aad 255}, 0x1234, CF, 0x22, PF
    passed
