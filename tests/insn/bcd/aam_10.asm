; AAM 10
; manual: SDM vol. 2A, AAM
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aam 10}, 0, CF, 0, PF|ZF
    adjust {aam 10}, 1, CF, 1, 0
    adjust {aam 10}, 9, CF, 9, PF
    adjust {aam 10}, 0xA, CF, 0x100, PF|ZF
    adjust {aam 10}, 0x63, CF, 0x909, PF
    adjust {aam 10}, 0x7F, CF, 0xC07, 0
    adjust {aam 10}, 0x80, CF, 0xC08, 0
    adjust {aam 10}, 0xFF, CF, 0x1905, PF
    adjust {aam 10}, 0x109, CF, 9, PF
    adjust {aam 10}, 0xFFFF, CF, 0x1905, PF
    adjust {aam 10}, 0x1234, CF, 0x502, 0
    passed
