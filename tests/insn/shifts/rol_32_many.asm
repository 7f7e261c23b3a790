; ROL r/m32, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only
checked equ CF

;         op, width, A, count, flags in, result, flags
    shift rol, 32, 0, 0, 0, 0, 0
    shift rol, 32, 0, 0, CF, 0, CF
    shift rol, 32, 0, 2, 0, 0, 0
    shift rol, 32, 0, 2, CF, 0, 0
    shift rol, 32, 0, 31, 0, 0, 0
    shift rol, 32, 0, 31, CF, 0, 0
    shift rol, 32, 0, 32, 0, 0, 0
    shift rol, 32, 0, 32, CF, 0, CF
    shift rol, 32, 0, 33, 0, 0, 0
    shift rol, 32, 0, 33, CF, 0, 0
    shift rol, 32, 0, 31, 0, 0, 0
    shift rol, 32, 0, 31, CF, 0, 0
    shift rol, 32, 1, 0, 0, 1, 0
    shift rol, 32, 1, 0, CF, 1, CF
    shift rol, 32, 1, 2, 0, 4, 0
    shift rol, 32, 1, 2, CF, 4, 0
    shift rol, 32, 1, 31, 0, 0x80000000, 0
    shift rol, 32, 1, 31, CF, 0x80000000, 0
    shift rol, 32, 1, 32, 0, 1, 0
    shift rol, 32, 1, 32, CF, 1, CF
    shift rol, 32, 1, 33, 0, 2, 0
    shift rol, 32, 1, 33, CF, 2, 0
    shift rol, 32, 1, 31, 0, 0x80000000, 0
    shift rol, 32, 1, 31, CF, 0x80000000, 0
    shift rol, 32, 0x80000000, 0, 0, 0x80000000, 0
    shift rol, 32, 0x80000000, 0, CF, 0x80000000, CF
    shift rol, 32, 0x80000000, 2, 0, 2, 0
    shift rol, 32, 0x80000000, 2, CF, 2, 0
    shift rol, 32, 0x80000000, 31, 0, 0x40000000, 0
    shift rol, 32, 0x80000000, 31, CF, 0x40000000, 0
    shift rol, 32, 0x80000000, 32, 0, 0x80000000, 0
    shift rol, 32, 0x80000000, 32, CF, 0x80000000, CF
    shift rol, 32, 0x80000000, 33, 0, 1, CF
    shift rol, 32, 0x80000000, 33, CF, 1, CF
    shift rol, 32, 0x80000000, 31, 0, 0x40000000, 0
    shift rol, 32, 0x80000000, 31, CF, 0x40000000, 0
    shift rol, 32, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, 0
    shift rol, 32, 0xFFFFFFFF, 0, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 2, 0, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 2, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 31, 0, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 31, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 32, 0, 0xFFFFFFFF, 0
    shift rol, 32, 0xFFFFFFFF, 32, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 33, 0, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 33, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 31, 0, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 31, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0x80000001, 0, 0, 0x80000001, 0
    shift rol, 32, 0x80000001, 0, CF, 0x80000001, CF
    shift rol, 32, 0x80000001, 2, 0, 6, 0
    shift rol, 32, 0x80000001, 2, CF, 6, 0
    shift rol, 32, 0x80000001, 31, 0, 0xC0000000, 0
    shift rol, 32, 0x80000001, 31, CF, 0xC0000000, 0
    shift rol, 32, 0x80000001, 32, 0, 0x80000001, 0
    shift rol, 32, 0x80000001, 32, CF, 0x80000001, CF
    shift rol, 32, 0x80000001, 33, 0, 3, CF
    shift rol, 32, 0x80000001, 33, CF, 3, CF
    shift rol, 32, 0x80000001, 31, 0, 0xC0000000, 0
    shift rol, 32, 0x80000001, 31, CF, 0xC0000000, 0
    shift rol, 32, 0x7FFFFFFF, 0, 0, 0x7FFFFFFF, 0
    shift rol, 32, 0x7FFFFFFF, 0, CF, 0x7FFFFFFF, CF
    shift rol, 32, 0x7FFFFFFF, 2, 0, 0xFFFFFFFD, CF
    shift rol, 32, 0x7FFFFFFF, 2, CF, 0xFFFFFFFD, CF
    shift rol, 32, 0x7FFFFFFF, 31, 0, 0xBFFFFFFF, CF
    shift rol, 32, 0x7FFFFFFF, 31, CF, 0xBFFFFFFF, CF
    shift rol, 32, 0x7FFFFFFF, 32, 0, 0x7FFFFFFF, 0
    shift rol, 32, 0x7FFFFFFF, 32, CF, 0x7FFFFFFF, CF
    shift rol, 32, 0x7FFFFFFF, 33, 0, 0xFFFFFFFE, 0
    shift rol, 32, 0x7FFFFFFF, 33, CF, 0xFFFFFFFE, 0
    shift rol, 32, 0x7FFFFFFF, 31, 0, 0xBFFFFFFF, CF
    shift rol, 32, 0x7FFFFFFF, 31, CF, 0xBFFFFFFF, CF
    shift rol, 32, 0x5A, 0, 0, 0x5A, 0
    shift rol, 32, 0x5A, 0, CF, 0x5A, CF
    shift rol, 32, 0x5A, 2, 0, 0x168, 0
    shift rol, 32, 0x5A, 2, CF, 0x168, 0
    shift rol, 32, 0x5A, 31, 0, 0x2D, CF
    shift rol, 32, 0x5A, 31, CF, 0x2D, CF
    shift rol, 32, 0x5A, 32, 0, 0x5A, 0
    shift rol, 32, 0x5A, 32, CF, 0x5A, CF
    shift rol, 32, 0x5A, 33, 0, 0xB4, 0
    shift rol, 32, 0x5A, 33, CF, 0xB4, 0
    shift rol, 32, 0x5A, 31, 0, 0x2D, CF
    shift rol, 32, 0x5A, 31, CF, 0x2D, CF
    passed
