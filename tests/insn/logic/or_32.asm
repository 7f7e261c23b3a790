; OR r/m32, r32: disjunction of corner values, all defined flags
; manual: SDM vol. 2, OR
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary or, 32, 0, 0, CF|AF|OF, 0, PF|ZF
    binary or, 32, 0, 0xF, CF|AF|OF, 0xF, PF
    binary or, 32, 0, 0x7FFFFFFF, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 0, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFE, SF
    binary or, 32, 1, 0, CF|AF|OF, 1, 0
    binary or, 32, 1, 0xF, CF|AF|OF, 0xF, PF
    binary or, 32, 1, 0x7FFFFFFF, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 1, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0xF, 0, CF|AF|OF, 0xF, PF
    binary or, 32, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary or, 32, 0xF, 0x7FFFFFFF, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 0xF, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0x10, 0, CF|AF|OF, 0x10, 0
    binary or, 32, 0x10, 0xF, CF|AF|OF, 0x1F, 0
    binary or, 32, 0x10, 0x7FFFFFFF, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 0x10, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFE, SF
    binary or, 32, 0x7FFFFFFF, 0, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 0x7FFFFFFF, 0xF, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 0x7FFFFFFF, 0x7FFFFFFF, CF|AF|OF, 0x7FFFFFFF, PF
    binary or, 32, 0x7FFFFFFF, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0x80000000, 0, CF|AF|OF, 0x80000000, PF|SF
    binary or, 32, 0x80000000, 0xF, CF|AF|OF, 0x8000000F, PF|SF
    binary or, 32, 0x80000000, 0x7FFFFFFF, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0x80000000, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFE, SF
    binary or, 32, 0xFFFFFFFE, 0, CF|AF|OF, 0xFFFFFFFE, SF
    binary or, 32, 0xFFFFFFFE, 0xF, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0xFFFFFFFE, 0x7FFFFFFF, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0xFFFFFFFE, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFE, SF
    binary or, 32, 0xFFFFFFFF, 0, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0xFFFFFFFF, 0xF, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0xFFFFFFFF, 0x7FFFFFFF, CF|AF|OF, 0xFFFFFFFF, PF|SF
    binary or, 32, 0xFFFFFFFF, 0xFFFFFFFE, CF|AF|OF, 0xFFFFFFFF, PF|SF
    passed
