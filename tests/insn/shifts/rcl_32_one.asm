; RCL r/m32, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rcl, 32, 0, 1, 0, 0, 0
    shift rcl, 32, 0, 1, CF, 1, 0
    shift rcl, 32, 1, 1, 0, 2, 0
    shift rcl, 32, 1, 1, CF, 3, 0
    shift rcl, 32, 0x80000000, 1, 0, 0, CF|OF
    shift rcl, 32, 0x80000000, 1, CF, 1, CF|OF
    shift rcl, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFE, CF
    shift rcl, 32, 0xFFFFFFFF, 1, CF, 0xFFFFFFFF, CF
    shift rcl, 32, 0x80000001, 1, 0, 2, CF|OF
    shift rcl, 32, 0x80000001, 1, CF, 3, CF|OF
    shift rcl, 32, 0x7FFFFFFF, 1, 0, 0xFFFFFFFE, OF
    shift rcl, 32, 0x7FFFFFFF, 1, CF, 0xFFFFFFFF, OF
    shift rcl, 32, 0x5A, 1, 0, 0xB4, 0
    shift rcl, 32, 0x5A, 1, CF, 0xB5, 0
    passed
