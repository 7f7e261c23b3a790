; NOT r/m32: corner values, no flag changes
; manual: SDM vol. 2, NOT
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary not, 32, 0, 0, 0xFFFFFFFF, 0
    unary not, 32, 0, CF|OF, 0xFFFFFFFF, CF|OF
    unary not, 32, 1, 0, 0xFFFFFFFE, 0
    unary not, 32, 1, CF|OF, 0xFFFFFFFE, CF|OF
    unary not, 32, 0xF, 0, 0xFFFFFFF0, 0
    unary not, 32, 0xF, CF|OF, 0xFFFFFFF0, CF|OF
    unary not, 32, 0x10, 0, 0xFFFFFFEF, 0
    unary not, 32, 0x10, CF|OF, 0xFFFFFFEF, CF|OF
    unary not, 32, 0x7FFFFFFF, 0, 0x80000000, 0
    unary not, 32, 0x7FFFFFFF, CF|OF, 0x80000000, CF|OF
    unary not, 32, 0x80000000, 0, 0x7FFFFFFF, 0
    unary not, 32, 0x80000000, CF|OF, 0x7FFFFFFF, CF|OF
    unary not, 32, 0xFFFFFFFE, 0, 1, 0
    unary not, 32, 0xFFFFFFFE, CF|OF, 1, CF|OF
    unary not, 32, 0xFFFFFFFF, 0, 0, 0
    unary not, 32, 0xFFFFFFFF, CF|OF, 0, CF|OF
    unary not, 32, 0x55, 0, 0xFFFFFFAA, 0
    unary not, 32, 0x55, CF|OF, 0xFFFFFFAA, CF|OF
    passed
