; DEC r/m8: corner values, CF stays
; manual: SDM vol. 2, DEC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary dec, 8, 0, 0, 0xFF, PF|AF|SF
    unary dec, 8, 0, CF|OF, 0xFF, CF|PF|AF|SF
    unary dec, 8, 1, 0, 0, PF|ZF
    unary dec, 8, 1, CF|OF, 0, CF|PF|ZF
    unary dec, 8, 0xF, 0, 0xE, 0
    unary dec, 8, 0xF, CF|OF, 0xE, CF
    unary dec, 8, 0x10, 0, 0xF, PF|AF
    unary dec, 8, 0x10, CF|OF, 0xF, CF|PF|AF
    unary dec, 8, 0x7F, 0, 0x7E, PF
    unary dec, 8, 0x7F, CF|OF, 0x7E, CF|PF
    unary dec, 8, 0x80, 0, 0x7F, AF|OF
    unary dec, 8, 0x80, CF|OF, 0x7F, CF|AF|OF
    unary dec, 8, 0xFE, 0, 0xFD, SF
    unary dec, 8, 0xFE, CF|OF, 0xFD, CF|SF
    unary dec, 8, 0xFF, 0, 0xFE, SF
    unary dec, 8, 0xFF, CF|OF, 0xFE, CF|SF
    unary dec, 8, 0x55, 0, 0x54, 0
    unary dec, 8, 0x55, CF|OF, 0x54, CF
    passed
