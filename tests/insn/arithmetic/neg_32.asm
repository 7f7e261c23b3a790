; NEG r/m32: corner values, CF says whether it was not zero
; manual: SDM vol. 2, NEG
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary neg, 32, 0, 0, 0, PF|ZF
    unary neg, 32, 0, CF|OF, 0, PF|ZF
    unary neg, 32, 1, 0, 0xFFFFFFFF, CF|PF|AF|SF
    unary neg, 32, 1, CF|OF, 0xFFFFFFFF, CF|PF|AF|SF
    unary neg, 32, 0xF, 0, 0xFFFFFFF1, CF|AF|SF
    unary neg, 32, 0xF, CF|OF, 0xFFFFFFF1, CF|AF|SF
    unary neg, 32, 0x10, 0, 0xFFFFFFF0, CF|PF|SF
    unary neg, 32, 0x10, CF|OF, 0xFFFFFFF0, CF|PF|SF
    unary neg, 32, 0x7FFFFFFF, 0, 0x80000001, CF|AF|SF
    unary neg, 32, 0x7FFFFFFF, CF|OF, 0x80000001, CF|AF|SF
    unary neg, 32, 0x80000000, 0, 0x80000000, CF|PF|SF|OF
    unary neg, 32, 0x80000000, CF|OF, 0x80000000, CF|PF|SF|OF
    unary neg, 32, 0xFFFFFFFE, 0, 2, CF|AF
    unary neg, 32, 0xFFFFFFFE, CF|OF, 2, CF|AF
    unary neg, 32, 0xFFFFFFFF, 0, 1, CF|AF
    unary neg, 32, 0xFFFFFFFF, CF|OF, 1, CF|AF
    unary neg, 32, 0x55, 0, 0xFFFFFFAB, CF|AF|SF
    unary neg, 32, 0x55, CF|OF, 0xFFFFFFAB, CF|AF|SF
    passed
