; INC r/m16: corner values, CF stays
; manual: SDM vol. 2, INC
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;         op, width, A, flags in, result, flags
    unary inc, 16, 0, 0, 1, 0
    unary inc, 16, 0, CF|OF, 1, CF
    unary inc, 16, 1, 0, 2, 0
    unary inc, 16, 1, CF|OF, 2, CF
    unary inc, 16, 0xF, 0, 0x10, AF
    unary inc, 16, 0xF, CF|OF, 0x10, CF|AF
    unary inc, 16, 0x10, 0, 0x11, PF
    unary inc, 16, 0x10, CF|OF, 0x11, CF|PF
    unary inc, 16, 0x7FFF, 0, 0x8000, PF|AF|SF|OF
    unary inc, 16, 0x7FFF, CF|OF, 0x8000, CF|PF|AF|SF|OF
    unary inc, 16, 0x8000, 0, 0x8001, SF
    unary inc, 16, 0x8000, CF|OF, 0x8001, CF|SF
    unary inc, 16, 0xFFFE, 0, 0xFFFF, PF|SF
    unary inc, 16, 0xFFFE, CF|OF, 0xFFFF, CF|PF|SF
    unary inc, 16, 0xFFFF, 0, 0, PF|AF|ZF
    unary inc, 16, 0xFFFF, CF|OF, 0, CF|PF|AF|ZF
    unary inc, 16, 0x55, 0, 0x56, PF
    unary inc, 16, 0x55, CF|OF, 0x56, CF|PF
    passed
