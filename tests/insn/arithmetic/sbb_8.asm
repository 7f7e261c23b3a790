; SBB r/m8, r8: difference with borrow of corner values, all defined flags
; manual: SDM vol. 2, SBB
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary sbb, 8, 0, 0, CF, 0xFF, CF|PF|AF|SF
    binary sbb, 8, 0, 0xF, CF, 0xF0, CF|PF|AF|SF
    binary sbb, 8, 0, 0x7F, 0, 0x81, CF|PF|AF|SF
    binary sbb, 8, 0, 0xFE, CF, 1, CF|AF
    binary sbb, 8, 1, 0, CF, 0, PF|ZF
    binary sbb, 8, 1, 0xF, 0, 0xF2, CF|AF|SF
    binary sbb, 8, 1, 0x7F, CF, 0x81, CF|PF|AF|SF
    binary sbb, 8, 1, 0xFE, CF, 2, CF|AF
    binary sbb, 8, 0xF, 0, 0, 0xF, PF
    binary sbb, 8, 0xF, 0xF, CF, 0xFF, CF|PF|AF|SF
    binary sbb, 8, 0xF, 0x7F, CF, 0x8F, CF|AF|SF
    binary sbb, 8, 0xF, 0xFE, 0, 0x11, CF|PF
    binary sbb, 8, 0x10, 0, CF, 0xF, PF|AF
    binary sbb, 8, 0x10, 0xF, CF, 0, PF|AF|ZF
    binary sbb, 8, 0x10, 0x7F, 0, 0x91, CF|AF|SF
    binary sbb, 8, 0x10, 0xFE, CF, 0x11, CF|PF|AF
    binary sbb, 8, 0x7F, 0, CF, 0x7E, PF
    binary sbb, 8, 0x7F, 0xF, 0, 0x70, 0
    binary sbb, 8, 0x7F, 0x7F, CF, 0xFF, CF|PF|AF|SF
    binary sbb, 8, 0x7F, 0xFE, CF, 0x80, CF|SF|OF
    binary sbb, 8, 0x80, 0, 0, 0x80, SF
    binary sbb, 8, 0x80, 0xF, CF, 0x70, AF|OF
    binary sbb, 8, 0x80, 0x7F, CF, 0, PF|AF|ZF|OF
    binary sbb, 8, 0x80, 0xFE, 0, 0x82, CF|PF|AF|SF
    binary sbb, 8, 0xFE, 0, CF, 0xFD, SF
    binary sbb, 8, 0xFE, 0xF, CF, 0xEE, PF|AF|SF
    binary sbb, 8, 0xFE, 0x7F, 0, 0x7F, AF|OF
    binary sbb, 8, 0xFE, 0xFE, CF, 0xFF, CF|PF|AF|SF
    binary sbb, 8, 0xFF, 0, CF, 0xFE, SF
    binary sbb, 8, 0xFF, 0xF, 0, 0xF0, PF|SF
    binary sbb, 8, 0xFF, 0x7F, CF, 0x7F, AF|OF
    binary sbb, 8, 0xFF, 0xFE, CF, 0, PF|ZF
    passed
