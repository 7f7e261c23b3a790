; INC r/m8: corner values, CF stays
; manual: SDM vol. 2, INC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary inc, 8, 0, 0, 1, 0
    unary inc, 8, 0, CF|OF, 1, CF
    unary inc, 8, 1, 0, 2, 0
    unary inc, 8, 1, CF|OF, 2, CF
    unary inc, 8, 0xF, 0, 0x10, AF
    unary inc, 8, 0xF, CF|OF, 0x10, CF|AF
    unary inc, 8, 0x10, 0, 0x11, PF
    unary inc, 8, 0x10, CF|OF, 0x11, CF|PF
    unary inc, 8, 0x7F, 0, 0x80, AF|SF|OF
    unary inc, 8, 0x7F, CF|OF, 0x80, CF|AF|SF|OF
    unary inc, 8, 0x80, 0, 0x81, PF|SF
    unary inc, 8, 0x80, CF|OF, 0x81, CF|PF|SF
    unary inc, 8, 0xFE, 0, 0xFF, PF|SF
    unary inc, 8, 0xFE, CF|OF, 0xFF, CF|PF|SF
    unary inc, 8, 0xFF, 0, 0, PF|AF|ZF
    unary inc, 8, 0xFF, CF|OF, 0, CF|PF|AF|ZF
    unary inc, 8, 0x55, 0, 0x56, PF
    unary inc, 8, 0x55, CF|OF, 0x56, CF|PF
    passed
