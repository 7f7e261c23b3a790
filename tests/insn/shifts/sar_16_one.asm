; SAR r/m16, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift sar, 16, 0, 1, 0, 0, PF|ZF
    shift sar, 16, 0, 1, CF, 0, PF|ZF
    shift sar, 16, 1, 1, 0, 0, CF|PF|ZF
    shift sar, 16, 1, 1, CF, 0, CF|PF|ZF
    shift sar, 16, 0x8000, 1, 0, 0xC000, PF|SF
    shift sar, 16, 0x8000, 1, CF, 0xC000, PF|SF
    shift sar, 16, 0xFFFF, 1, 0, 0xFFFF, CF|PF|SF
    shift sar, 16, 0xFFFF, 1, CF, 0xFFFF, CF|PF|SF
    shift sar, 16, 0x8001, 1, 0, 0xC000, CF|PF|SF
    shift sar, 16, 0x8001, 1, CF, 0xC000, CF|PF|SF
    shift sar, 16, 0x7FFF, 1, 0, 0x3FFF, CF|PF
    shift sar, 16, 0x7FFF, 1, CF, 0x3FFF, CF|PF
    shift sar, 16, 0x5A, 1, 0, 0x2D, PF
    shift sar, 16, 0x5A, 1, CF, 0x2D, PF
    passed
