; RCL r/m8, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only
checked equ CF

;         op, width, A, count, flags in, result, flags
    shift rcl, 8, 0, 0, 0, 0, 0
    shift rcl, 8, 0, 0, CF, 0, CF
    shift rcl, 8, 0, 2, 0, 0, 0
    shift rcl, 8, 0, 2, CF, 2, 0
    shift rcl, 8, 0, 7, 0, 0, 0
    shift rcl, 8, 0, 7, CF, 0x40, 0
    shift rcl, 8, 0, 32, 0, 0, 0
    shift rcl, 8, 0, 32, CF, 0, CF
    shift rcl, 8, 0, 33, 0, 0, 0
    shift rcl, 8, 0, 33, CF, 1, 0
    shift rcl, 8, 0, 31, 0, 0, 0
    shift rcl, 8, 0, 31, CF, 8, 0
    shift rcl, 8, 1, 0, 0, 1, 0
    shift rcl, 8, 1, 0, CF, 1, CF
    shift rcl, 8, 1, 2, 0, 4, 0
    shift rcl, 8, 1, 2, CF, 6, 0
    shift rcl, 8, 1, 7, 0, 0x80, 0
    shift rcl, 8, 1, 7, CF, 0xC0, 0
    shift rcl, 8, 1, 32, 0, 1, 0
    shift rcl, 8, 1, 32, CF, 1, CF
    shift rcl, 8, 1, 33, 0, 2, 0
    shift rcl, 8, 1, 33, CF, 3, 0
    shift rcl, 8, 1, 31, 0, 0x10, 0
    shift rcl, 8, 1, 31, CF, 0x18, 0
    shift rcl, 8, 0x80, 0, 0, 0x80, 0
    shift rcl, 8, 0x80, 0, CF, 0x80, CF
    shift rcl, 8, 0x80, 2, 0, 1, 0
    shift rcl, 8, 0x80, 2, CF, 3, 0
    shift rcl, 8, 0x80, 7, 0, 0x20, 0
    shift rcl, 8, 0x80, 7, CF, 0x60, 0
    shift rcl, 8, 0x80, 32, 0, 0x80, 0
    shift rcl, 8, 0x80, 32, CF, 0x80, CF
    shift rcl, 8, 0x80, 33, 0, 0, CF
    shift rcl, 8, 0x80, 33, CF, 1, CF
    shift rcl, 8, 0x80, 31, 0, 4, 0
    shift rcl, 8, 0x80, 31, CF, 0xC, 0
    shift rcl, 8, 0xFF, 0, 0, 0xFF, 0
    shift rcl, 8, 0xFF, 0, CF, 0xFF, CF
    shift rcl, 8, 0xFF, 2, 0, 0xFD, CF
    shift rcl, 8, 0xFF, 2, CF, 0xFF, CF
    shift rcl, 8, 0xFF, 7, 0, 0xBF, CF
    shift rcl, 8, 0xFF, 7, CF, 0xFF, CF
    shift rcl, 8, 0xFF, 32, 0, 0xFF, 0
    shift rcl, 8, 0xFF, 32, CF, 0xFF, CF
    shift rcl, 8, 0xFF, 33, 0, 0xFE, CF
    shift rcl, 8, 0xFF, 33, CF, 0xFF, CF
    shift rcl, 8, 0xFF, 31, 0, 0xF7, CF
    shift rcl, 8, 0xFF, 31, CF, 0xFF, CF
    shift rcl, 8, 0x81, 0, 0, 0x81, 0
    shift rcl, 8, 0x81, 0, CF, 0x81, CF
    shift rcl, 8, 0x81, 2, 0, 5, 0
    shift rcl, 8, 0x81, 2, CF, 7, 0
    shift rcl, 8, 0x81, 7, 0, 0xA0, 0
    shift rcl, 8, 0x81, 7, CF, 0xE0, 0
    shift rcl, 8, 0x81, 32, 0, 0x81, 0
    shift rcl, 8, 0x81, 32, CF, 0x81, CF
    shift rcl, 8, 0x81, 33, 0, 2, CF
    shift rcl, 8, 0x81, 33, CF, 3, CF
    shift rcl, 8, 0x81, 31, 0, 0x14, 0
    shift rcl, 8, 0x81, 31, CF, 0x1C, 0
    shift rcl, 8, 0x7F, 0, 0, 0x7F, 0
    shift rcl, 8, 0x7F, 0, CF, 0x7F, CF
    shift rcl, 8, 0x7F, 2, 0, 0xFC, CF
    shift rcl, 8, 0x7F, 2, CF, 0xFE, CF
    shift rcl, 8, 0x7F, 7, 0, 0x9F, CF
    shift rcl, 8, 0x7F, 7, CF, 0xDF, CF
    shift rcl, 8, 0x7F, 32, 0, 0x7F, 0
    shift rcl, 8, 0x7F, 32, CF, 0x7F, CF
    shift rcl, 8, 0x7F, 33, 0, 0xFE, 0
    shift rcl, 8, 0x7F, 33, CF, 0xFF, 0
    shift rcl, 8, 0x7F, 31, 0, 0xF3, CF
    shift rcl, 8, 0x7F, 31, CF, 0xFB, CF
    shift rcl, 8, 0x5A, 0, 0, 0x5A, 0
    shift rcl, 8, 0x5A, 0, CF, 0x5A, CF
    shift rcl, 8, 0x5A, 2, 0, 0x68, CF
    shift rcl, 8, 0x5A, 2, CF, 0x6A, CF
    shift rcl, 8, 0x5A, 7, 0, 0x16, CF
    shift rcl, 8, 0x5A, 7, CF, 0x56, CF
    shift rcl, 8, 0x5A, 32, 0, 0x5A, 0
    shift rcl, 8, 0x5A, 32, CF, 0x5A, CF
    shift rcl, 8, 0x5A, 33, 0, 0xB4, 0
    shift rcl, 8, 0x5A, 33, CF, 0xB5, 0
    shift rcl, 8, 0x5A, 31, 0, 0xA2, CF
    shift rcl, 8, 0x5A, 31, CF, 0xAA, CF
    passed
