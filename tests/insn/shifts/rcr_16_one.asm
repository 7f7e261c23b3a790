; RCR r/m16, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rcr, 16, 0, 1, 0, 0, 0
    shift rcr, 16, 0, 1, CF, 0x8000, OF
    shift rcr, 16, 1, 1, 0, 0, CF
    shift rcr, 16, 1, 1, CF, 0x8000, CF|OF
    shift rcr, 16, 0x8000, 1, 0, 0x4000, OF
    shift rcr, 16, 0x8000, 1, CF, 0xC000, 0
    shift rcr, 16, 0xFFFF, 1, 0, 0x7FFF, CF|OF
    shift rcr, 16, 0xFFFF, 1, CF, 0xFFFF, CF
    shift rcr, 16, 0x8001, 1, 0, 0x4000, CF|OF
    shift rcr, 16, 0x8001, 1, CF, 0xC000, CF
    shift rcr, 16, 0x7FFF, 1, 0, 0x3FFF, CF
    shift rcr, 16, 0x7FFF, 1, CF, 0xBFFF, CF|OF
    shift rcr, 16, 0x5A, 1, 0, 0x2D, 0
    shift rcr, 16, 0x5A, 1, CF, 0x802D, OF
    passed
