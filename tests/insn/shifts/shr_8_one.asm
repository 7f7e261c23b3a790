; SHR r/m8, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift shr, 8, 0, 1, 0, 0, PF|ZF
    shift shr, 8, 0, 1, CF, 0, PF|ZF
    shift shr, 8, 1, 1, 0, 0, CF|PF|ZF
    shift shr, 8, 1, 1, CF, 0, CF|PF|ZF
    shift shr, 8, 0x80, 1, 0, 0x40, OF
    shift shr, 8, 0x80, 1, CF, 0x40, OF
    shift shr, 8, 0xFF, 1, 0, 0x7F, CF|OF
    shift shr, 8, 0xFF, 1, CF, 0x7F, CF|OF
    shift shr, 8, 0x81, 1, 0, 0x40, CF|OF
    shift shr, 8, 0x81, 1, CF, 0x40, CF|OF
    shift shr, 8, 0x7F, 1, 0, 0x3F, CF|PF
    shift shr, 8, 0x7F, 1, CF, 0x3F, CF|PF
    shift shr, 8, 0x5A, 1, 0, 0x2D, PF
    shift shr, 8, 0x5A, 1, CF, 0x2D, PF
    passed
