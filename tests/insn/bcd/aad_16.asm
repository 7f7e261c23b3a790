; AAD 16
; manual: SDM vol. 2A, AAD
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aad 16}, 0, CF, 0, PF|ZF
    adjust {aad 16}, 1, CF, 1, 0
    adjust {aad 16}, 9, CF, 9, PF
    adjust {aad 16}, 0xA, CF, 0xA, PF
    adjust {aad 16}, 0x63, CF, 0x63, PF
    adjust {aad 16}, 0x7F, CF, 0x7F, 0
    adjust {aad 16}, 0x80, CF, 0x80, SF
    adjust {aad 16}, 0xFF, CF, 0xFF, PF|SF
    adjust {aad 16}, 0x109, CF, 0x19, 0
    adjust {aad 16}, 0xFFFF, CF, 0xEF, SF
    adjust {aad 16}, 0x1234, CF, 0x54, 0
    passed
