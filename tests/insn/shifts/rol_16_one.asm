; ROL r/m16, 1
; manual: SDM vol. 2B, RCL/RCR/ROL/ROR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined
checked equ CF|OF

;         op, width, A, count, flags in, result, flags
    shift rol, 16, 0, 1, 0, 0, 0
    shift rol, 16, 0, 1, CF, 0, 0
    shift rol, 16, 1, 1, 0, 2, 0
    shift rol, 16, 1, 1, CF, 2, 0
    shift rol, 16, 0x8000, 1, 0, 1, CF|OF
    shift rol, 16, 0x8000, 1, CF, 1, CF|OF
    shift rol, 16, 0xFFFF, 1, 0, 0xFFFF, CF
    shift rol, 16, 0xFFFF, 1, CF, 0xFFFF, CF
    shift rol, 16, 0x8001, 1, 0, 3, CF|OF
    shift rol, 16, 0x8001, 1, CF, 3, CF|OF
    shift rol, 16, 0x7FFF, 1, 0, 0xFFFE, OF
    shift rol, 16, 0x7FFF, 1, CF, 0xFFFE, OF
    shift rol, 16, 0x5A, 1, 0, 0xB4, 0
    shift rol, 16, 0x5A, 1, CF, 0xB4, 0
    passed
