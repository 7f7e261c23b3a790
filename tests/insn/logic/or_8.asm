; OR r/m8, r8: disjunction of corner values, all defined flags
; manual: SDM vol. 2, OR
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary or, 8, 0, 0, CF|AF|OF, 0, PF|ZF
    binary or, 8, 0, 0xF, CF|AF|OF, 0xF, PF
    binary or, 8, 0, 0x7F, CF|AF|OF, 0x7F, 0
    binary or, 8, 0, 0xFE, CF|AF|OF, 0xFE, SF
    binary or, 8, 1, 0, CF|AF|OF, 1, 0
    binary or, 8, 1, 0xF, CF|AF|OF, 0xF, PF
    binary or, 8, 1, 0x7F, CF|AF|OF, 0x7F, 0
    binary or, 8, 1, 0xFE, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0xF, 0, CF|AF|OF, 0xF, PF
    binary or, 8, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary or, 8, 0xF, 0x7F, CF|AF|OF, 0x7F, 0
    binary or, 8, 0xF, 0xFE, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0x10, 0, CF|AF|OF, 0x10, 0
    binary or, 8, 0x10, 0xF, CF|AF|OF, 0x1F, 0
    binary or, 8, 0x10, 0x7F, CF|AF|OF, 0x7F, 0
    binary or, 8, 0x10, 0xFE, CF|AF|OF, 0xFE, SF
    binary or, 8, 0x7F, 0, CF|AF|OF, 0x7F, 0
    binary or, 8, 0x7F, 0xF, CF|AF|OF, 0x7F, 0
    binary or, 8, 0x7F, 0x7F, CF|AF|OF, 0x7F, 0
    binary or, 8, 0x7F, 0xFE, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0x80, 0, CF|AF|OF, 0x80, SF
    binary or, 8, 0x80, 0xF, CF|AF|OF, 0x8F, SF
    binary or, 8, 0x80, 0x7F, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0x80, 0xFE, CF|AF|OF, 0xFE, SF
    binary or, 8, 0xFE, 0, CF|AF|OF, 0xFE, SF
    binary or, 8, 0xFE, 0xF, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0xFE, 0x7F, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0xFE, 0xFE, CF|AF|OF, 0xFE, SF
    binary or, 8, 0xFF, 0, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0xFF, 0xF, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0xFF, 0x7F, CF|AF|OF, 0xFF, PF|SF
    binary or, 8, 0xFF, 0xFE, CF|AF|OF, 0xFF, PF|SF
    passed
