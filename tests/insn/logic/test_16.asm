; TEST r/m16, r16: conjunction without a result of corner values, all defined flags
; manual: SDM vol. 2, TEST
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary test, 16, 0, 0, CF|AF|OF, 0, PF|ZF
    binary test, 16, 0, 0xF, CF|AF|OF, 0, PF|ZF
    binary test, 16, 0, 0x7FFF, CF|AF|OF, 0, PF|ZF
    binary test, 16, 0, 0xFFFE, CF|AF|OF, 0, PF|ZF
    binary test, 16, 1, 0, CF|AF|OF, 1, PF|ZF
    binary test, 16, 1, 0xF, CF|AF|OF, 1, 0
    binary test, 16, 1, 0x7FFF, CF|AF|OF, 1, 0
    binary test, 16, 1, 0xFFFE, CF|AF|OF, 1, PF|ZF
    binary test, 16, 0xF, 0, CF|AF|OF, 0xF, PF|ZF
    binary test, 16, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary test, 16, 0xF, 0x7FFF, CF|AF|OF, 0xF, PF
    binary test, 16, 0xF, 0xFFFE, CF|AF|OF, 0xF, 0
    binary test, 16, 0x10, 0, CF|AF|OF, 0x10, PF|ZF
    binary test, 16, 0x10, 0xF, CF|AF|OF, 0x10, PF|ZF
    binary test, 16, 0x10, 0x7FFF, CF|AF|OF, 0x10, 0
    binary test, 16, 0x10, 0xFFFE, CF|AF|OF, 0x10, 0
    binary test, 16, 0x7FFF, 0, CF|AF|OF, 0x7FFF, PF|ZF
    binary test, 16, 0x7FFF, 0xF, CF|AF|OF, 0x7FFF, PF
    binary test, 16, 0x7FFF, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary test, 16, 0x7FFF, 0xFFFE, CF|AF|OF, 0x7FFF, 0
    binary test, 16, 0x8000, 0, CF|AF|OF, 0x8000, PF|ZF
    binary test, 16, 0x8000, 0xF, CF|AF|OF, 0x8000, PF|ZF
    binary test, 16, 0x8000, 0x7FFF, CF|AF|OF, 0x8000, PF|ZF
    binary test, 16, 0x8000, 0xFFFE, CF|AF|OF, 0x8000, PF|SF
    binary test, 16, 0xFFFE, 0, CF|AF|OF, 0xFFFE, PF|ZF
    binary test, 16, 0xFFFE, 0xF, CF|AF|OF, 0xFFFE, 0
    binary test, 16, 0xFFFE, 0x7FFF, CF|AF|OF, 0xFFFE, 0
    binary test, 16, 0xFFFE, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary test, 16, 0xFFFF, 0, CF|AF|OF, 0xFFFF, PF|ZF
    binary test, 16, 0xFFFF, 0xF, CF|AF|OF, 0xFFFF, PF
    binary test, 16, 0xFFFF, 0x7FFF, CF|AF|OF, 0xFFFF, PF
    binary test, 16, 0xFFFF, 0xFFFE, CF|AF|OF, 0xFFFF, SF
    passed
