; ROL r/m16, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only
checked equ CF

;         op, width, A, count, flags in, result, flags
    shift rol, 16, 0, 0, 0, 0, 0
    shift rol, 16, 0, 0, CF, 0, CF
    shift rol, 16, 0, 2, 0, 0, 0
    shift rol, 16, 0, 2, CF, 0, 0
    shift rol, 16, 0, 15, 0, 0, 0
    shift rol, 16, 0, 15, CF, 0, 0
    shift rol, 16, 0, 32, 0, 0, 0
    shift rol, 16, 0, 32, CF, 0, CF
    shift rol, 16, 0, 33, 0, 0, 0
    shift rol, 16, 0, 33, CF, 0, 0
    shift rol, 16, 0, 31, 0, 0, 0
    shift rol, 16, 0, 31, CF, 0, 0
    shift rol, 16, 1, 0, 0, 1, 0
    shift rol, 16, 1, 0, CF, 1, CF
    shift rol, 16, 1, 2, 0, 4, 0
    shift rol, 16, 1, 2, CF, 4, 0
    shift rol, 16, 1, 15, 0, 0x8000, 0
    shift rol, 16, 1, 15, CF, 0x8000, 0
    shift rol, 16, 1, 32, 0, 1, 0
    shift rol, 16, 1, 32, CF, 1, CF
    shift rol, 16, 1, 33, 0, 2, 0
    shift rol, 16, 1, 33, CF, 2, 0
    shift rol, 16, 1, 31, 0, 0x8000, 0
    shift rol, 16, 1, 31, CF, 0x8000, 0
    shift rol, 16, 0x8000, 0, 0, 0x8000, 0
    shift rol, 16, 0x8000, 0, CF, 0x8000, CF
    shift rol, 16, 0x8000, 2, 0, 2, 0
    shift rol, 16, 0x8000, 2, CF, 2, 0
    shift rol, 16, 0x8000, 15, 0, 0x4000, 0
    shift rol, 16, 0x8000, 15, CF, 0x4000, 0
    shift rol, 16, 0x8000, 32, 0, 0x8000, 0
    shift rol, 16, 0x8000, 32, CF, 0x8000, CF
    shift rol, 16, 0x8000, 33, 0, 1, CF
    shift rol, 16, 0x8000, 33, CF, 1, CF
    shift rol, 16, 0x8000, 31, 0, 0x4000, 0
    shift rol, 16, 0x8000, 31, CF, 0x4000, 0
    shift rol, 16, 0xFFFF, 0, 0, 0xFFFF, 0
    shift rol, 16, 0xFFFF, 0, CF, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 2, 0, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 2, CF, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 15, 0, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 15, CF, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 32, 0, 0xFFFF, 0
    shift rol, 16, 0xFFFF, 32, CF, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 33, 0, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 33, CF, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 31, 0, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 31, CF, 0xFFFF, CF
    shift rol, 16, 0x8001, 0, 0, 0x8001, 0
    shift rol, 16, 0x8001, 0, CF, 0x8001, CF
    shift rol, 16, 0x8001, 2, 0, 6, 0
    shift rol, 16, 0x8001, 2, CF, 6, 0
    shift rol, 16, 0x8001, 15, 0, 0xC000, 0
    shift rol, 16, 0x8001, 15, CF, 0xC000, 0
    shift rol, 16, 0x8001, 32, 0, 0x8001, 0
    shift rol, 16, 0x8001, 32, CF, 0x8001, CF
    shift rol, 16, 0x8001, 33, 0, 3, CF
    shift rol, 16, 0x8001, 33, CF, 3, CF
    shift rol, 16, 0x8001, 31, 0, 0xC000, 0
    shift rol, 16, 0x8001, 31, CF, 0xC000, 0
    shift rol, 16, 0x7FFF, 0, 0, 0x7FFF, 0
    shift rol, 16, 0x7FFF, 0, CF, 0x7FFF, CF
    shift rol, 16, 0x7FFF, 2, 0, 0xFFFD, CF
    shift rol, 16, 0x7FFF, 2, CF, 0xFFFD, CF
    shift rol, 16, 0x7FFF, 15, 0, 0xBFFF, CF
    shift rol, 16, 0x7FFF, 15, CF, 0xBFFF, CF
    shift rol, 16, 0x7FFF, 32, 0, 0x7FFF, 0
    shift rol, 16, 0x7FFF, 32, CF, 0x7FFF, CF
    shift rol, 16, 0x7FFF, 33, 0, 0xFFFE, 0
    shift rol, 16, 0x7FFF, 33, CF, 0xFFFE, 0
    shift rol, 16, 0x7FFF, 31, 0, 0xBFFF, CF
    shift rol, 16, 0x7FFF, 31, CF, 0xBFFF, CF
    shift rol, 16, 0x5A, 0, 0, 0x5A, 0
    shift rol, 16, 0x5A, 0, CF, 0x5A, CF
    shift rol, 16, 0x5A, 2, 0, 0x168, 0
    shift rol, 16, 0x5A, 2, CF, 0x168, 0
    shift rol, 16, 0x5A, 15, 0, 0x2D, CF
    shift rol, 16, 0x5A, 15, CF, 0x2D, CF
    shift rol, 16, 0x5A, 32, 0, 0x5A, 0
    shift rol, 16, 0x5A, 32, CF, 0x5A, CF
    shift rol, 16, 0x5A, 33, 0, 0xB4, 0
    shift rol, 16, 0x5A, 33, CF, 0xB4, 0
    shift rol, 16, 0x5A, 31, 0, 0x2D, CF
    shift rol, 16, 0x5A, 31, CF, 0x2D, CF
    passed
