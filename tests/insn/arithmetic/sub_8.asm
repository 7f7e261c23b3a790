; SUB r/m8, r8: difference of corner values, all defined flags
; manual: SDM vol. 2, SUB
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary sub, 8, 0, 0, 0, 0, PF|ZF
    binary sub, 8, 0, 1, 0, 0xFF, CF|PF|AF|SF
    binary sub, 8, 0, 0xF, 0, 0xF1, CF|AF|SF
    binary sub, 8, 0, 0x10, 0, 0xF0, CF|PF|SF
    binary sub, 8, 0, 0x7F, 0, 0x81, CF|PF|AF|SF
    binary sub, 8, 0, 0x80, 0, 0x80, CF|SF|OF
    binary sub, 8, 0, 0xFE, 0, 2, CF|AF
    binary sub, 8, 0, 0xFF, 0, 1, CF|AF
    binary sub, 8, 1, 0, 0, 1, 0
    binary sub, 8, 1, 1, 0, 0, PF|ZF
    binary sub, 8, 1, 0xF, 0, 0xF2, CF|AF|SF
    binary sub, 8, 1, 0x10, 0, 0xF1, CF|SF
    binary sub, 8, 1, 0x7F, 0, 0x82, CF|PF|AF|SF
    binary sub, 8, 1, 0x80, 0, 0x81, CF|PF|SF|OF
    binary sub, 8, 1, 0xFE, 0, 3, CF|PF|AF
    binary sub, 8, 1, 0xFF, 0, 2, CF|AF
    binary sub, 8, 0xF, 0, 0, 0xF, PF
    binary sub, 8, 0xF, 1, 0, 0xE, 0
    binary sub, 8, 0xF, 0xF, 0, 0, PF|ZF
    binary sub, 8, 0xF, 0x10, 0, 0xFF, CF|PF|SF
    binary sub, 8, 0xF, 0x7F, 0, 0x90, CF|PF|SF
    binary sub, 8, 0xF, 0x80, 0, 0x8F, CF|SF|OF
    binary sub, 8, 0xF, 0xFE, 0, 0x11, CF|PF
    binary sub, 8, 0xF, 0xFF, 0, 0x10, CF
    binary sub, 8, 0x10, 0, 0, 0x10, 0
    binary sub, 8, 0x10, 1, 0, 0xF, PF|AF
    binary sub, 8, 0x10, 0xF, 0, 1, AF
    binary sub, 8, 0x10, 0x10, 0, 0, PF|ZF
    binary sub, 8, 0x10, 0x7F, 0, 0x91, CF|AF|SF
    binary sub, 8, 0x10, 0x80, 0, 0x90, CF|PF|SF|OF
    binary sub, 8, 0x10, 0xFE, 0, 0x12, CF|PF|AF
    binary sub, 8, 0x10, 0xFF, 0, 0x11, CF|PF|AF
    binary sub, 8, 0x7F, 0, 0, 0x7F, 0
    binary sub, 8, 0x7F, 1, 0, 0x7E, PF
    binary sub, 8, 0x7F, 0xF, 0, 0x70, 0
    binary sub, 8, 0x7F, 0x10, 0, 0x6F, PF
    binary sub, 8, 0x7F, 0x7F, 0, 0, PF|ZF
    binary sub, 8, 0x7F, 0x80, 0, 0xFF, CF|PF|SF|OF
    binary sub, 8, 0x7F, 0xFE, 0, 0x81, CF|PF|SF|OF
    binary sub, 8, 0x7F, 0xFF, 0, 0x80, CF|SF|OF
    binary sub, 8, 0x80, 0, 0, 0x80, SF
    binary sub, 8, 0x80, 1, 0, 0x7F, AF|OF
    binary sub, 8, 0x80, 0xF, 0, 0x71, PF|AF|OF
    binary sub, 8, 0x80, 0x10, 0, 0x70, OF
    binary sub, 8, 0x80, 0x7F, 0, 1, AF|OF
    binary sub, 8, 0x80, 0x80, 0, 0, PF|ZF
    binary sub, 8, 0x80, 0xFE, 0, 0x82, CF|PF|AF|SF
    binary sub, 8, 0x80, 0xFF, 0, 0x81, CF|PF|AF|SF
    binary sub, 8, 0xFE, 0, 0, 0xFE, SF
    binary sub, 8, 0xFE, 1, 0, 0xFD, SF
    binary sub, 8, 0xFE, 0xF, 0, 0xEF, AF|SF
    binary sub, 8, 0xFE, 0x10, 0, 0xEE, PF|SF
    binary sub, 8, 0xFE, 0x7F, 0, 0x7F, AF|OF
    binary sub, 8, 0xFE, 0x80, 0, 0x7E, PF
    binary sub, 8, 0xFE, 0xFE, 0, 0, PF|ZF
    binary sub, 8, 0xFE, 0xFF, 0, 0xFF, CF|PF|AF|SF
    binary sub, 8, 0xFF, 0, 0, 0xFF, PF|SF
    binary sub, 8, 0xFF, 1, 0, 0xFE, SF
    binary sub, 8, 0xFF, 0xF, 0, 0xF0, PF|SF
    binary sub, 8, 0xFF, 0x10, 0, 0xEF, SF
    binary sub, 8, 0xFF, 0x7F, 0, 0x80, SF
    binary sub, 8, 0xFF, 0x80, 0, 0x7F, 0
    binary sub, 8, 0xFF, 0xFE, 0, 1, 0
    binary sub, 8, 0xFF, 0xFF, 0, 0, PF|ZF
    passed
