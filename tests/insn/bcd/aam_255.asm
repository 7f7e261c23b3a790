; AAM 255
; manual: SDM vol. 2A, AAM
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aam 255}, 0, CF, 0, PF|ZF
    adjust {aam 255}, 1, CF, 1, 0
    adjust {aam 255}, 9, CF, 9, PF
    adjust {aam 255}, 0xA, CF, 0xA, PF
    adjust {aam 255}, 0x63, CF, 0x63, PF
    adjust {aam 255}, 0x7F, CF, 0x7F, 0
    adjust {aam 255}, 0x80, CF, 0x80, SF
    adjust {aam 255}, 0xFF, CF, 0x100, PF|ZF
    adjust {aam 255}, 0x109, CF, 9, PF
    adjust {aam 255}, 0xFFFF, CF, 0x100, PF|ZF
    adjust {aam 255}, 0x1234, CF, 0x34, 0
    passed
