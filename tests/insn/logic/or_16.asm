; OR r/m16, r16: disjunction of corner values, all defined flags
; manual: SDM vol. 2, OR
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary or, 16, 0, 0, CF|AF|OF, 0, PF|ZF
    binary or, 16, 0, 0xF, CF|AF|OF, 0xF, PF
    binary or, 16, 0, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 0, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary or, 16, 1, 0, CF|AF|OF, 1, 0
    binary or, 16, 1, 0xF, CF|AF|OF, 0xF, PF
    binary or, 16, 1, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 1, 0xFFFE, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0xF, 0, CF|AF|OF, 0xF, PF
    binary or, 16, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary or, 16, 0xF, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 0xF, 0xFFFE, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0x10, 0, CF|AF|OF, 0x10, 0
    binary or, 16, 0x10, 0xF, CF|AF|OF, 0x1F, 0
    binary or, 16, 0x10, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 0x10, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary or, 16, 0x7FFF, 0, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 0x7FFF, 0xF, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 0x7FFF, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary or, 16, 0x7FFF, 0xFFFE, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0x8000, 0, CF|AF|OF, 0x8000, PF|SF
    binary or, 16, 0x8000, 0xF, CF|AF|OF, 0x800F, PF|SF
    binary or, 16, 0x8000, 0x7FFF, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0x8000, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary or, 16, 0xFFFE, 0, CF|AF|OF, 0xFFFE, SF
    binary or, 16, 0xFFFE, 0xF, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0xFFFE, 0x7FFF, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0xFFFE, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary or, 16, 0xFFFF, 0, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0xFFFF, 0xF, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0xFFFF, 0x7FFF, CF|AF|OF, 0xFFFF, PF|SF
    binary or, 16, 0xFFFF, 0xFFFE, CF|AF|OF, 0xFFFF, PF|SF
    passed
