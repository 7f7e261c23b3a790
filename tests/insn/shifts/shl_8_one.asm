; SHL r/m8, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift shl, 8, 0, 1, 0, 0, PF|ZF
    shift shl, 8, 0, 1, CF, 0, PF|ZF
    shift shl, 8, 1, 1, 0, 2, 0
    shift shl, 8, 1, 1, CF, 2, 0
    shift shl, 8, 0x80, 1, 0, 0, CF|PF|ZF|OF
    shift shl, 8, 0x80, 1, CF, 0, CF|PF|ZF|OF
    shift shl, 8, 0xFF, 1, 0, 0xFE, CF|SF
    shift shl, 8, 0xFF, 1, CF, 0xFE, CF|SF
    shift shl, 8, 0x81, 1, 0, 2, CF|OF
    shift shl, 8, 0x81, 1, CF, 2, CF|OF
    shift shl, 8, 0x7F, 1, 0, 0xFE, SF|OF
    shift shl, 8, 0x7F, 1, CF, 0xFE, SF|OF
    shift shl, 8, 0x5A, 1, 0, 0xB4, PF|SF|OF
    shift shl, 8, 0x5A, 1, CF, 0xB4, PF|SF|OF
    passed
