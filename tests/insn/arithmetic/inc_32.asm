; INC r/m32: corner values, CF stays
; manual: SDM vol. 2, INC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary inc, 32, 0, 0, 1, 0
    unary inc, 32, 0, CF|OF, 1, CF
    unary inc, 32, 1, 0, 2, 0
    unary inc, 32, 1, CF|OF, 2, CF
    unary inc, 32, 0xF, 0, 0x10, AF
    unary inc, 32, 0xF, CF|OF, 0x10, CF|AF
    unary inc, 32, 0x10, 0, 0x11, PF
    unary inc, 32, 0x10, CF|OF, 0x11, CF|PF
    unary inc, 32, 0x7FFFFFFF, 0, 0x80000000, PF|AF|SF|OF
    unary inc, 32, 0x7FFFFFFF, CF|OF, 0x80000000, CF|PF|AF|SF|OF
    unary inc, 32, 0x80000000, 0, 0x80000001, SF
    unary inc, 32, 0x80000000, CF|OF, 0x80000001, CF|SF
    unary inc, 32, 0xFFFFFFFE, 0, 0xFFFFFFFF, PF|SF
    unary inc, 32, 0xFFFFFFFE, CF|OF, 0xFFFFFFFF, CF|PF|SF
    unary inc, 32, 0xFFFFFFFF, 0, 0, PF|AF|ZF
    unary inc, 32, 0xFFFFFFFF, CF|OF, 0, CF|PF|AF|ZF
    unary inc, 32, 0x55, 0, 0x56, PF
    unary inc, 32, 0x55, CF|OF, 0x56, CF|PF
    passed
