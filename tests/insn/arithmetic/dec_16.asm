; DEC r/m16: corner values, CF stays
; manual: SDM vol. 2, DEC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary dec, 16, 0, 0, 0xFFFF, PF|AF|SF
    unary dec, 16, 0, CF|OF, 0xFFFF, CF|PF|AF|SF
    unary dec, 16, 1, 0, 0, PF|ZF
    unary dec, 16, 1, CF|OF, 0, CF|PF|ZF
    unary dec, 16, 0xF, 0, 0xE, 0
    unary dec, 16, 0xF, CF|OF, 0xE, CF
    unary dec, 16, 0x10, 0, 0xF, PF|AF
    unary dec, 16, 0x10, CF|OF, 0xF, CF|PF|AF
    unary dec, 16, 0x7FFF, 0, 0x7FFE, 0
    unary dec, 16, 0x7FFF, CF|OF, 0x7FFE, CF
    unary dec, 16, 0x8000, 0, 0x7FFF, PF|AF|OF
    unary dec, 16, 0x8000, CF|OF, 0x7FFF, CF|PF|AF|OF
    unary dec, 16, 0xFFFE, 0, 0xFFFD, SF
    unary dec, 16, 0xFFFE, CF|OF, 0xFFFD, CF|SF
    unary dec, 16, 0xFFFF, 0, 0xFFFE, SF
    unary dec, 16, 0xFFFF, CF|OF, 0xFFFE, CF|SF
    unary dec, 16, 0x55, 0, 0x54, 0
    unary dec, 16, 0x55, CF|OF, 0x54, CF
    passed
