; AAM 16
; manual: SDM vol. 2A, AAM
; undefined: cf af of
; expect: eax=0
%include "user.inc"
; PF, ZF and SF are of AL
checked equ PF|ZF|SF

    adjust {aam 16}, 0, CF, 0, PF|ZF
    adjust {aam 16}, 1, CF, 1, 0
    adjust {aam 16}, 9, CF, 9, PF
    adjust {aam 16}, 0xA, CF, 0xA, PF
    adjust {aam 16}, 0x63, CF, 0x603, PF
    adjust {aam 16}, 0x7F, CF, 0x70F, PF
    adjust {aam 16}, 0x80, CF, 0x800, PF|ZF
    adjust {aam 16}, 0xFF, CF, 0xF0F, PF
    adjust {aam 16}, 0x109, CF, 9, PF
    adjust {aam 16}, 0xFFFF, CF, 0xF0F, PF
    adjust {aam 16}, 0x1234, CF, 0x304, 0
    passed
