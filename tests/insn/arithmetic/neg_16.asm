; NEG r/m16: corner values, CF says whether it was not zero
; manual: SDM vol. 2, NEG
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary neg, 16, 0, 0, 0, PF|ZF
    unary neg, 16, 0, CF|OF, 0, PF|ZF
    unary neg, 16, 1, 0, 0xFFFF, CF|PF|AF|SF
    unary neg, 16, 1, CF|OF, 0xFFFF, CF|PF|AF|SF
    unary neg, 16, 0xF, 0, 0xFFF1, CF|AF|SF
    unary neg, 16, 0xF, CF|OF, 0xFFF1, CF|AF|SF
    unary neg, 16, 0x10, 0, 0xFFF0, CF|PF|SF
    unary neg, 16, 0x10, CF|OF, 0xFFF0, CF|PF|SF
    unary neg, 16, 0x7FFF, 0, 0x8001, CF|AF|SF
    unary neg, 16, 0x7FFF, CF|OF, 0x8001, CF|AF|SF
    unary neg, 16, 0x8000, 0, 0x8000, CF|PF|SF|OF
    unary neg, 16, 0x8000, CF|OF, 0x8000, CF|PF|SF|OF
    unary neg, 16, 0xFFFE, 0, 2, CF|AF
    unary neg, 16, 0xFFFE, CF|OF, 2, CF|AF
    unary neg, 16, 0xFFFF, 0, 1, CF|AF
    unary neg, 16, 0xFFFF, CF|OF, 1, CF|AF
    unary neg, 16, 0x55, 0, 0xFFAB, CF|AF|SF
    unary neg, 16, 0x55, CF|OF, 0xFFAB, CF|AF|SF
    passed
