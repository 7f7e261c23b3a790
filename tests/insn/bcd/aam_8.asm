; AAM 8
; manual: SDM vol. 2A, AAM
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aam 8}, 0, CF, 0, PF|ZF
    adjust {aam 8}, 1, CF, 1, 0
    adjust {aam 8}, 9, CF, 0x101, 0
    adjust {aam 8}, 0xA, CF, 0x102, 0
    adjust {aam 8}, 0x63, CF, 0xC03, PF
    adjust {aam 8}, 0x7F, CF, 0xF07, 0
    adjust {aam 8}, 0x80, CF, 0x1000, PF|ZF
    adjust {aam 8}, 0xFF, CF, 0x1F07, 0
    adjust {aam 8}, 0x109, CF, 0x101, 0
    adjust {aam 8}, 0xFFFF, CF, 0x1F07, 0
    adjust {aam 8}, 0x1234, CF, 0x604, 0
    passed
