; AND r/m16, r16: conjunction of corner values, all defined flags
; manual: SDM vol. 2, AND
; undefined: af
; expect: eax=0
%include "user.inc"
; AF is undefined
checked equ CF|PF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary and, 16, 0, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0, 0xF, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0, 0x7FFF, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0, 0xFFFE, CF|AF|OF, 0, PF|ZF
    binary and, 16, 1, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 1, 0xF, CF|AF|OF, 1, 0
    binary and, 16, 1, 0x7FFF, CF|AF|OF, 1, 0
    binary and, 16, 1, 0xFFFE, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0xF, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0xF, 0xF, CF|AF|OF, 0xF, PF
    binary and, 16, 0xF, 0x7FFF, CF|AF|OF, 0xF, PF
    binary and, 16, 0xF, 0xFFFE, CF|AF|OF, 0xE, 0
    binary and, 16, 0x10, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0x10, 0xF, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0x10, 0x7FFF, CF|AF|OF, 0x10, 0
    binary and, 16, 0x10, 0xFFFE, CF|AF|OF, 0x10, 0
    binary and, 16, 0x7FFF, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0x7FFF, 0xF, CF|AF|OF, 0xF, PF
    binary and, 16, 0x7FFF, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary and, 16, 0x7FFF, 0xFFFE, CF|AF|OF, 0x7FFE, 0
    binary and, 16, 0x8000, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0x8000, 0xF, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0x8000, 0x7FFF, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0x8000, 0xFFFE, CF|AF|OF, 0x8000, PF|SF
    binary and, 16, 0xFFFE, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0xFFFE, 0xF, CF|AF|OF, 0xE, 0
    binary and, 16, 0xFFFE, 0x7FFF, CF|AF|OF, 0x7FFE, 0
    binary and, 16, 0xFFFE, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    binary and, 16, 0xFFFF, 0, CF|AF|OF, 0, PF|ZF
    binary and, 16, 0xFFFF, 0xF, CF|AF|OF, 0xF, PF
    binary and, 16, 0xFFFF, 0x7FFF, CF|AF|OF, 0x7FFF, PF
    binary and, 16, 0xFFFF, 0xFFFE, CF|AF|OF, 0xFFFE, SF
    passed
