; NEG r/m8: corner values, CF says whether it was not zero
; manual: SDM vol. 2, NEG
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary neg, 8, 0, 0, 0, PF|ZF
    unary neg, 8, 0, CF|OF, 0, PF|ZF
    unary neg, 8, 1, 0, 0xFF, CF|PF|AF|SF
    unary neg, 8, 1, CF|OF, 0xFF, CF|PF|AF|SF
    unary neg, 8, 0xF, 0, 0xF1, CF|AF|SF
    unary neg, 8, 0xF, CF|OF, 0xF1, CF|AF|SF
    unary neg, 8, 0x10, 0, 0xF0, CF|PF|SF
    unary neg, 8, 0x10, CF|OF, 0xF0, CF|PF|SF
    unary neg, 8, 0x7F, 0, 0x81, CF|PF|AF|SF
    unary neg, 8, 0x7F, CF|OF, 0x81, CF|PF|AF|SF
    unary neg, 8, 0x80, 0, 0x80, CF|SF|OF
    unary neg, 8, 0x80, CF|OF, 0x80, CF|SF|OF
    unary neg, 8, 0xFE, 0, 2, CF|AF
    unary neg, 8, 0xFE, CF|OF, 2, CF|AF
    unary neg, 8, 0xFF, 0, 1, CF|AF
    unary neg, 8, 0xFF, CF|OF, 1, CF|AF
    unary neg, 8, 0x55, 0, 0xAB, CF|AF|SF
    unary neg, 8, 0x55, CF|OF, 0xAB, CF|AF|SF
    passed
