; SAR r/m8, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only; AF is undefined
checked equ CF|PF|ZF|SF

;         op, width, A, count, flags in, result, flags
    shift sar, 8, 0, 0, 0, 0, 0
    shift sar, 8, 0, 0, CF, 0, CF
    shift sar, 8, 0, 2, 0, 0, PF|ZF
    shift sar, 8, 0, 2, CF, 0, PF|ZF
    shift sar, 8, 0, 7, 0, 0, PF|ZF
    shift sar, 8, 0, 7, CF, 0, PF|ZF
    shift sar, 8, 0, 32, 0, 0, 0
    shift sar, 8, 0, 32, CF, 0, CF
    shift sar, 8, 0, 33, 0, 0, PF|ZF
    shift sar, 8, 0, 33, CF, 0, PF|ZF
    shift sar, 8, 1, 0, 0, 1, 0
    shift sar, 8, 1, 0, CF, 1, CF
    shift sar, 8, 1, 2, 0, 0, PF|ZF
    shift sar, 8, 1, 2, CF, 0, PF|ZF
    shift sar, 8, 1, 7, 0, 0, PF|ZF
    shift sar, 8, 1, 7, CF, 0, PF|ZF
    shift sar, 8, 1, 32, 0, 1, 0
    shift sar, 8, 1, 32, CF, 1, CF
    shift sar, 8, 1, 33, 0, 0, CF|PF|ZF
    shift sar, 8, 1, 33, CF, 0, CF|PF|ZF
    shift sar, 8, 0x80, 0, 0, 0x80, 0
    shift sar, 8, 0x80, 0, CF, 0x80, CF
    shift sar, 8, 0x80, 2, 0, 0xE0, SF
    shift sar, 8, 0x80, 2, CF, 0xE0, SF
    shift sar, 8, 0x80, 7, 0, 0xFF, PF|SF
    shift sar, 8, 0x80, 7, CF, 0xFF, PF|SF
    shift sar, 8, 0x80, 32, 0, 0x80, 0
    shift sar, 8, 0x80, 32, CF, 0x80, CF
    shift sar, 8, 0x80, 33, 0, 0xC0, PF|SF
    shift sar, 8, 0x80, 33, CF, 0xC0, PF|SF
    shift sar, 8, 0xFF, 0, 0, 0xFF, 0
    shift sar, 8, 0xFF, 0, CF, 0xFF, CF
    shift sar, 8, 0xFF, 2, 0, 0xFF, CF|PF|SF
    shift sar, 8, 0xFF, 2, CF, 0xFF, CF|PF|SF
    shift sar, 8, 0xFF, 7, 0, 0xFF, CF|PF|SF
    shift sar, 8, 0xFF, 7, CF, 0xFF, CF|PF|SF
    shift sar, 8, 0xFF, 32, 0, 0xFF, 0
    shift sar, 8, 0xFF, 32, CF, 0xFF, CF
    shift sar, 8, 0xFF, 33, 0, 0xFF, CF|PF|SF
    shift sar, 8, 0xFF, 33, CF, 0xFF, CF|PF|SF
    shift sar, 8, 0x81, 0, 0, 0x81, 0
    shift sar, 8, 0x81, 0, CF, 0x81, CF
    shift sar, 8, 0x81, 2, 0, 0xE0, SF
    shift sar, 8, 0x81, 2, CF, 0xE0, SF
    shift sar, 8, 0x81, 7, 0, 0xFF, PF|SF
    shift sar, 8, 0x81, 7, CF, 0xFF, PF|SF
    shift sar, 8, 0x81, 32, 0, 0x81, 0
    shift sar, 8, 0x81, 32, CF, 0x81, CF
    shift sar, 8, 0x81, 33, 0, 0xC0, CF|PF|SF
    shift sar, 8, 0x81, 33, CF, 0xC0, CF|PF|SF
    shift sar, 8, 0x7F, 0, 0, 0x7F, 0
    shift sar, 8, 0x7F, 0, CF, 0x7F, CF
    shift sar, 8, 0x7F, 2, 0, 0x1F, CF
    shift sar, 8, 0x7F, 2, CF, 0x1F, CF
    shift sar, 8, 0x7F, 7, 0, 0, CF|PF|ZF
    shift sar, 8, 0x7F, 7, CF, 0, CF|PF|ZF
    shift sar, 8, 0x7F, 32, 0, 0x7F, 0
    shift sar, 8, 0x7F, 32, CF, 0x7F, CF
    shift sar, 8, 0x7F, 33, 0, 0x3F, CF|PF
    shift sar, 8, 0x7F, 33, CF, 0x3F, CF|PF
    shift sar, 8, 0x5A, 0, 0, 0x5A, 0
    shift sar, 8, 0x5A, 0, CF, 0x5A, CF
    shift sar, 8, 0x5A, 2, 0, 0x16, CF
    shift sar, 8, 0x5A, 2, CF, 0x16, CF
    shift sar, 8, 0x5A, 7, 0, 0, CF|PF|ZF
    shift sar, 8, 0x5A, 7, CF, 0, CF|PF|ZF
    shift sar, 8, 0x5A, 32, 0, 0x5A, 0
    shift sar, 8, 0x5A, 32, CF, 0x5A, CF
    shift sar, 8, 0x5A, 33, 0, 0x2D, PF
    shift sar, 8, 0x5A, 33, CF, 0x2D, PF
    passed
