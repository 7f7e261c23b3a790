; TEST r/m8, r8: conjunction without a result of corner values, all defined flags
; manual: SDM vol. 2, TEST
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary test, 8, 0, 0, CF|AF|OF, 0, PF|ZF
    binary test, 8, 0, 0xF, CF|AF|OF, 0, PF|ZF
    binary test, 8, 0, 0x7F, CF|AF|OF, 0, PF|ZF
    binary test, 8, 0, 0xFE, CF|AF|OF, 0, PF|ZF
    binary test, 8, 1, 0, CF|AF|OF, 1, PF|ZF
    binary test, 8, 1, 0xF, CF|AF|OF, 1, 0
    binary test, 8, 1, 0x7F, CF|AF|OF, 1, 0
    binary test, 8, 1, 0xFE, CF|AF|OF, 1, PF|ZF
    binary test, 8, 0xF, 0, CF|AF|OF, 0xF, PF|ZF
    binary test, 8, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary test, 8, 0xF, 0x7F, CF|AF|OF, 0xF, PF
    binary test, 8, 0xF, 0xFE, CF|AF|OF, 0xF, 0
    binary test, 8, 0x10, 0, CF|AF|OF, 0x10, PF|ZF
    binary test, 8, 0x10, 0xF, CF|AF|OF, 0x10, PF|ZF
    binary test, 8, 0x10, 0x7F, CF|AF|OF, 0x10, 0
    binary test, 8, 0x10, 0xFE, CF|AF|OF, 0x10, 0
    binary test, 8, 0x7F, 0, CF|AF|OF, 0x7F, PF|ZF
    binary test, 8, 0x7F, 0xF, CF|AF|OF, 0x7F, PF
    binary test, 8, 0x7F, 0x7F, CF|AF|OF, 0x7F, 0
    binary test, 8, 0x7F, 0xFE, CF|AF|OF, 0x7F, PF
    binary test, 8, 0x80, 0, CF|AF|OF, 0x80, PF|ZF
    binary test, 8, 0x80, 0xF, CF|AF|OF, 0x80, PF|ZF
    binary test, 8, 0x80, 0x7F, CF|AF|OF, 0x80, PF|ZF
    binary test, 8, 0x80, 0xFE, CF|AF|OF, 0x80, SF
    binary test, 8, 0xFE, 0, CF|AF|OF, 0xFE, PF|ZF
    binary test, 8, 0xFE, 0xF, CF|AF|OF, 0xFE, 0
    binary test, 8, 0xFE, 0x7F, CF|AF|OF, 0xFE, PF
    binary test, 8, 0xFE, 0xFE, CF|AF|OF, 0xFE, SF
    binary test, 8, 0xFF, 0, CF|AF|OF, 0xFF, PF|ZF
    binary test, 8, 0xFF, 0xF, CF|AF|OF, 0xFF, PF
    binary test, 8, 0xFF, 0x7F, CF|AF|OF, 0xFF, 0
    binary test, 8, 0xFF, 0xFE, CF|AF|OF, 0xFF, SF
    passed
