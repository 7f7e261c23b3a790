; SHL r/m32, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift shl, 32, 0, 1, 0, 0, PF|ZF
    shift shl, 32, 0, 1, CF, 0, PF|ZF
    shift shl, 32, 1, 1, 0, 2, 0
    shift shl, 32, 1, 1, CF, 2, 0
    shift shl, 32, 0x80000000, 1, 0, 0, CF|PF|ZF|OF
    shift shl, 32, 0x80000000, 1, CF, 0, CF|PF|ZF|OF
    shift shl, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFE, CF|SF
    shift shl, 32, 0xFFFFFFFF, 1, CF, 0xFFFFFFFE, CF|SF
    shift shl, 32, 0x80000001, 1, 0, 2, CF|OF
    shift shl, 32, 0x80000001, 1, CF, 2, CF|OF
    shift shl, 32, 0x7FFFFFFF, 1, 0, 0xFFFFFFFE, SF|OF
    shift shl, 32, 0x7FFFFFFF, 1, CF, 0xFFFFFFFE, SF|OF
    shift shl, 32, 0x5A, 1, 0, 0xB4, PF
    shift shl, 32, 0x5A, 1, CF, 0xB4, PF
    passed
