; ROL r/m32, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rol, 32, 0, 1, 0, 0, 0
    shift rol, 32, 0, 1, CF, 0, 0
    shift rol, 32, 1, 1, 0, 2, 0
    shift rol, 32, 1, 1, CF, 2, 0
    shift rol, 32, 0x80000000, 1, 0, 1, CF|OF
    shift rol, 32, 0x80000000, 1, CF, 1, CF|OF
    shift rol, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFF, CF
    shift rol, 32, 0xFFFFFFFF, 1, CF, 0xFFFFFFFF, CF
    shift rol, 32, 0x80000001, 1, 0, 3, CF|OF
    shift rol, 32, 0x80000001, 1, CF, 3, CF|OF
    shift rol, 32, 0x7FFFFFFF, 1, 0, 0xFFFFFFFE, OF
    shift rol, 32, 0x7FFFFFFF, 1, CF, 0xFFFFFFFE, OF
    shift rol, 32, 0x5A, 1, 0, 0xB4, 0
    shift rol, 32, 0x5A, 1, CF, 0xB4, 0
    passed
