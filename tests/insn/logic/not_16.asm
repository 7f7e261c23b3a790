; NOT r/m16: corner values, no flag changes
; manual: SDM vol. 2, NOT
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary not, 16, 0, 0, 0xFFFF, 0
    unary not, 16, 0, CF|OF, 0xFFFF, CF|OF
    unary not, 16, 1, 0, 0xFFFE, 0
    unary not, 16, 1, CF|OF, 0xFFFE, CF|OF
    unary not, 16, 0xF, 0, 0xFFF0, 0
    unary not, 16, 0xF, CF|OF, 0xFFF0, CF|OF
    unary not, 16, 0x10, 0, 0xFFEF, 0
    unary not, 16, 0x10, CF|OF, 0xFFEF, CF|OF
    unary not, 16, 0x7FFF, 0, 0x8000, 0
    unary not, 16, 0x7FFF, CF|OF, 0x8000, CF|OF
    unary not, 16, 0x8000, 0, 0x7FFF, 0
    unary not, 16, 0x8000, CF|OF, 0x7FFF, CF|OF
    unary not, 16, 0xFFFE, 0, 1, 0
    unary not, 16, 0xFFFE, CF|OF, 1, CF|OF
    unary not, 16, 0xFFFF, 0, 0, 0
    unary not, 16, 0xFFFF, CF|OF, 0, CF|OF
    unary not, 16, 0x55, 0, 0xFFAA, 0
    unary not, 16, 0x55, CF|OF, 0xFFAA, CF|OF
    passed
