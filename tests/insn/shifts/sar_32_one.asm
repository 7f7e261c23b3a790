; SAR r/m32, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift sar, 32, 0, 1, 0, 0, PF|ZF
    shift sar, 32, 0, 1, CF, 0, PF|ZF
    shift sar, 32, 1, 1, 0, 0, CF|PF|ZF
    shift sar, 32, 1, 1, CF, 0, CF|PF|ZF
    shift sar, 32, 0x80000000, 1, 0, 0xC0000000, PF|SF
    shift sar, 32, 0x80000000, 1, CF, 0xC0000000, PF|SF
    shift sar, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFF, CF|PF|SF
    shift sar, 32, 0xFFFFFFFF, 1, CF, 0xFFFFFFFF, CF|PF|SF
    shift sar, 32, 0x80000001, 1, 0, 0xC0000000, CF|PF|SF
    shift sar, 32, 0x80000001, 1, CF, 0xC0000000, CF|PF|SF
    shift sar, 32, 0x7FFFFFFF, 1, 0, 0x3FFFFFFF, CF|PF
    shift sar, 32, 0x7FFFFFFF, 1, CF, 0x3FFFFFFF, CF|PF
    shift sar, 32, 0x5A, 1, 0, 0x2D, PF
    shift sar, 32, 0x5A, 1, CF, 0x2D, PF
    passed
