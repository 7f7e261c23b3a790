; AAM 2
; manual: SDM vol. 2A, AAM
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aam 2}, 0, CF, 0, PF|ZF
    adjust {aam 2}, 1, CF, 1, 0
    adjust {aam 2}, 9, CF, 0x401, 0
    adjust {aam 2}, 0xA, CF, 0x500, PF|ZF
    adjust {aam 2}, 0x63, CF, 0x3101, 0
    adjust {aam 2}, 0x7F, CF, 0x3F01, 0
    adjust {aam 2}, 0x80, CF, 0x4000, PF|ZF
    adjust {aam 2}, 0xFF, CF, 0x7F01, 0
    adjust {aam 2}, 0x109, CF, 0x401, 0
    adjust {aam 2}, 0xFFFF, CF, 0x7F01, 0
    adjust {aam 2}, 0x1234, CF, 0x1A00, PF|ZF
    passed
