; SHR r/m16, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift shr, 16, 0, 1, 0, 0, PF|ZF
    shift shr, 16, 0, 1, CF, 0, PF|ZF
    shift shr, 16, 1, 1, 0, 0, CF|PF|ZF
    shift shr, 16, 1, 1, CF, 0, CF|PF|ZF
    shift shr, 16, 0x8000, 1, 0, 0x4000, PF|OF
    shift shr, 16, 0x8000, 1, CF, 0x4000, PF|OF
    shift shr, 16, 0xFFFF, 1, 0, 0x7FFF, CF|PF|OF
    shift shr, 16, 0xFFFF, 1, CF, 0x7FFF, CF|PF|OF
    shift shr, 16, 0x8001, 1, 0, 0x4000, CF|PF|OF
    shift shr, 16, 0x8001, 1, CF, 0x4000, CF|PF|OF
    shift shr, 16, 0x7FFF, 1, 0, 0x3FFF, CF|PF
    shift shr, 16, 0x7FFF, 1, CF, 0x3FFF, CF|PF
    shift shr, 16, 0x5A, 1, 0, 0x2D, PF
    shift shr, 16, 0x5A, 1, CF, 0x2D, PF
    passed
