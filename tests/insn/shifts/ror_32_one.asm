; ROR r/m32, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift ror, 32, 0, 1, 0, 0, 0
    shift ror, 32, 0, 1, CF, 0, 0
    shift ror, 32, 1, 1, 0, 0x80000000, CF|OF
    shift ror, 32, 1, 1, CF, 0x80000000, CF|OF
    shift ror, 32, 0x80000000, 1, 0, 0x40000000, OF
    shift ror, 32, 0x80000000, 1, CF, 0x40000000, OF
    shift ror, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFF, CF
    shift ror, 32, 0xFFFFFFFF, 1, CF, 0xFFFFFFFF, CF
    shift ror, 32, 0x80000001, 1, 0, 0xC0000000, CF
    shift ror, 32, 0x80000001, 1, CF, 0xC0000000, CF
    shift ror, 32, 0x7FFFFFFF, 1, 0, 0xBFFFFFFF, CF|OF
    shift ror, 32, 0x7FFFFFFF, 1, CF, 0xBFFFFFFF, CF|OF
    shift ror, 32, 0x5A, 1, 0, 0x2D, 0
    shift ror, 32, 0x5A, 1, CF, 0x2D, 0
    passed
