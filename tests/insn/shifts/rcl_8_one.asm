; RCL r/m8, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rcl, 8, 0, 1, 0, 0, 0
    shift rcl, 8, 0, 1, CF, 1, 0
    shift rcl, 8, 1, 1, 0, 2, 0
    shift rcl, 8, 1, 1, CF, 3, 0
    shift rcl, 8, 0x80, 1, 0, 0, CF|OF
    shift rcl, 8, 0x80, 1, CF, 1, CF|OF
    shift rcl, 8, 0xFF, 1, 0, 0xFE, CF
    shift rcl, 8, 0xFF, 1, CF, 0xFF, CF
    shift rcl, 8, 0x81, 1, 0, 2, CF|OF
    shift rcl, 8, 0x81, 1, CF, 3, CF|OF
    shift rcl, 8, 0x7F, 1, 0, 0xFE, OF
    shift rcl, 8, 0x7F, 1, CF, 0xFF, OF
    shift rcl, 8, 0x5A, 1, 0, 0xB4, OF
    shift rcl, 8, 0x5A, 1, CF, 0xB5, OF
    passed
