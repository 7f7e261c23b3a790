; TEST r/m32, r32: conjunction without a result of corner values, all defined flags
; manual: SDM vol. 2, TEST
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary test, 32, 0, 0, CF|AF|OF, 0, PF|ZF
    binary test, 32, 0, 0xF, CF|AF|OF, 0, PF|ZF
    binary test, 32, 0, 0x7FFFFFFF, CF|AF|OF, 0, PF|ZF
    binary test, 32, 0, 0xFFFFFFFE, CF|AF|OF, 0, PF|ZF
    binary test, 32, 1, 0, CF|AF|OF, 1, PF|ZF
    binary test, 32, 1, 0xF, CF|AF|OF, 1, 0
    binary test, 32, 1, 0x7FFFFFFF, CF|AF|OF, 1, 0
    binary test, 32, 1, 0xFFFFFFFE, CF|AF|OF, 1, PF|ZF
    binary test, 32, 0xF, 0, CF|AF|OF, 0xF, PF|ZF
    binary test, 32, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary test, 32, 0xF, 0x7FFFFFFF, CF|AF|OF, 0xF, PF
    binary test, 32, 0xF, 0xFFFFFFFE, CF|AF|OF, 0xF, 0
    binary test, 32, 0x10, 0, CF|AF|OF, 0x10, PF|ZF
    binary test, 32, 0x10, 0xF, CF|AF|OF, 0x10, PF|ZF
    binary test, 32, 0x10, 0x7FFFFFFF, CF|AF|OF, 0x10, 0
    binary test, 32, 0x10, 0xFFFFFFFE, CF|AF|OF, 0x10, 0
    binary test, 32, 0x7FFFFFFF, 0, CF|AF|OF, 0x7FFFFFFF, PF|ZF
    binary test, 32, 0x7FFFFFFF, 0xF, CF|AF|OF, 0x7FFFFFFF, PF
    binary test, 32, 0x7FFFFFFF, 0x7FFFFFFF, CF|AF|OF, 0x7FFFFFFF, PF
    binary test, 32, 0x7FFFFFFF, 0xFFFFFFFE, CF|AF|OF, 0x7FFFFFFF, 0
    binary test, 32, 0x80000000, 0, CF|AF|OF, 0x80000000, PF|ZF
    binary test, 32, 0x80000000, 0xF, CF|AF|OF, 0x80000000, PF|ZF
    binary test, 32, 0x80000000, 0x7FFFFFFF, CF|AF|OF, 0x80000000, PF|ZF
    binary test, 32, 0x80000000, 0xFFFFFFFE, CF|AF|OF, 0x80000000, PF|SF
    binary test, 32, 0xFFFFFFFE, 0, CF|AF|OF, 0xFFFFFFFE, PF|ZF
    binary test, 32, 0xFFFFFFFE, 0xF, CF|AF|OF, 0xFFFFFFFE, 0
    binary test, 32, 0xFFFFFFFE, 0x7FFFFFFF, CF|AF|OF, 0xFFFFFFFE, 0
    binary test, 32, 0xFFFFFFFE, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFE, SF
    binary test, 32, 0xFFFFFFFF, 0, CF|AF|OF, 0xFFFFFFFF, PF|ZF
    binary test, 32, 0xFFFFFFFF, 0xF, CF|AF|OF, 0xFFFFFFFF, PF
    binary test, 32, 0xFFFFFFFF, 0x7FFFFFFF, CF|AF|OF, 0xFFFFFFFF, PF
    binary test, 32, 0xFFFFFFFF, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFF, SF
    passed
