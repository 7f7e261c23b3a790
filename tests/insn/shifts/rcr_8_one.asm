; RCR r/m8, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rcr, 8, 0, 1, 0, 0, 0
    shift rcr, 8, 0, 1, CF, 0x80, OF
    shift rcr, 8, 1, 1, 0, 0, CF
    shift rcr, 8, 1, 1, CF, 0x80, CF|OF
    shift rcr, 8, 0x80, 1, 0, 0x40, OF
    shift rcr, 8, 0x80, 1, CF, 0xC0, 0
    shift rcr, 8, 0xFF, 1, 0, 0x7F, CF|OF
    shift rcr, 8, 0xFF, 1, CF, 0xFF, CF
    shift rcr, 8, 0x81, 1, 0, 0x40, CF|OF
    shift rcr, 8, 0x81, 1, CF, 0xC0, CF
    shift rcr, 8, 0x7F, 1, 0, 0x3F, CF
    shift rcr, 8, 0x7F, 1, CF, 0xBF, CF|OF
    shift rcr, 8, 0x5A, 1, 0, 0x2D, 0
    shift rcr, 8, 0x5A, 1, CF, 0xAD, OF
    passed
