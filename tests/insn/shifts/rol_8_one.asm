; ROL r/m8, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rol, 8, 0, 1, 0, 0, 0
    shift rol, 8, 0, 1, CF, 0, 0
    shift rol, 8, 1, 1, 0, 2, 0
    shift rol, 8, 1, 1, CF, 2, 0
    shift rol, 8, 0x80, 1, 0, 1, CF|OF
    shift rol, 8, 0x80, 1, CF, 1, CF|OF
    shift rol, 8, 0xFF, 1, 0, 0xFF, CF
    shift rol, 8, 0xFF, 1, CF, 0xFF, CF
    shift rol, 8, 0x81, 1, 0, 3, CF|OF
    shift rol, 8, 0x81, 1, CF, 3, CF|OF
    shift rol, 8, 0x7F, 1, 0, 0xFE, OF
    shift rol, 8, 0x7F, 1, CF, 0xFE, OF
    shift rol, 8, 0x5A, 1, 0, 0xB4, OF
    shift rol, 8, 0x5A, 1, CF, 0xB4, OF
    passed
