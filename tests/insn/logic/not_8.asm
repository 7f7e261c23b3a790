; NOT r/m8: corner values, no flag changes
; manual: SDM vol. 2, NOT
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary not, 8, 0, 0, 0xFF, 0
    unary not, 8, 0, CF|OF, 0xFF, CF|OF
    unary not, 8, 1, 0, 0xFE, 0
    unary not, 8, 1, CF|OF, 0xFE, CF|OF
    unary not, 8, 0xF, 0, 0xF0, 0
    unary not, 8, 0xF, CF|OF, 0xF0, CF|OF
    unary not, 8, 0x10, 0, 0xEF, 0
    unary not, 8, 0x10, CF|OF, 0xEF, CF|OF
    unary not, 8, 0x7F, 0, 0x80, 0
    unary not, 8, 0x7F, CF|OF, 0x80, CF|OF
    unary not, 8, 0x80, 0, 0x7F, 0
    unary not, 8, 0x80, CF|OF, 0x7F, CF|OF
    unary not, 8, 0xFE, 0, 1, 0
    unary not, 8, 0xFE, CF|OF, 1, CF|OF
    unary not, 8, 0xFF, 0, 0, 0
    unary not, 8, 0xFF, CF|OF, 0, CF|OF
    unary not, 8, 0x55, 0, 0xAA, 0
    unary not, 8, 0x55, CF|OF, 0xAA, CF|OF
    passed
