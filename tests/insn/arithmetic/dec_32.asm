; DEC r/m32: corner values, CF stays
; manual: SDM vol. 2, DEC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary dec, 32, 0, 0, 0xFFFFFFFF, PF|AF|SF
    unary dec, 32, 0, CF|OF, 0xFFFFFFFF, CF|PF|AF|SF
    unary dec, 32, 1, 0, 0, PF|ZF
    unary dec, 32, 1, CF|OF, 0, CF|PF|ZF
    unary dec, 32, 0xF, 0, 0xE, 0
    unary dec, 32, 0xF, CF|OF, 0xE, CF
    unary dec, 32, 0x10, 0, 0xF, PF|AF
    unary dec, 32, 0x10, CF|OF, 0xF, CF|PF|AF
    unary dec, 32, 0x7FFFFFFF, 0, 0x7FFFFFFE, 0
    unary dec, 32, 0x7FFFFFFF, CF|OF, 0x7FFFFFFE, CF
    unary dec, 32, 0x80000000, 0, 0x7FFFFFFF, PF|AF|OF
    unary dec, 32, 0x80000000, CF|OF, 0x7FFFFFFF, CF|PF|AF|OF
    unary dec, 32, 0xFFFFFFFE, 0, 0xFFFFFFFD, SF
    unary dec, 32, 0xFFFFFFFE, CF|OF, 0xFFFFFFFD, CF|SF
    unary dec, 32, 0xFFFFFFFF, 0, 0xFFFFFFFE, SF
    unary dec, 32, 0xFFFFFFFF, CF|OF, 0xFFFFFFFE, CF|SF
    unary dec, 32, 0x55, 0, 0x54, 0
    unary dec, 32, 0x55, CF|OF, 0x54, CF
    passed
