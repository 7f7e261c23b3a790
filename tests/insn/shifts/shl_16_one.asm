; SHL r/m16, 1
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; count 1: OF is defined; AF is undefined
checked equ CF|PF|ZF|SF|OF

;         op, width, A, count, flags in, result, flags
    shift shl, 16, 0, 1, 0, 0, PF|ZF
    shift shl, 16, 0, 1, CF, 0, PF|ZF
    shift shl, 16, 1, 1, 0, 2, 0
    shift shl, 16, 1, 1, CF, 2, 0
    shift shl, 16, 0x8000, 1, 0, 0, CF|PF|ZF|OF
    shift shl, 16, 0x8000, 1, CF, 0, CF|PF|ZF|OF
    shift shl, 16, 0xFFFF, 1, 0, 0xFFFE, CF|SF
    shift shl, 16, 0xFFFF, 1, CF, 0xFFFE, CF|SF
    shift shl, 16, 0x8001, 1, 0, 2, CF|OF
    shift shl, 16, 0x8001, 1, CF, 2, CF|OF
    shift shl, 16, 0x7FFF, 1, 0, 0xFFFE, SF|OF
    shift shl, 16, 0x7FFF, 1, CF, 0xFFFE, SF|OF
    shift shl, 16, 0x5A, 1, 0, 0xB4, PF
    shift shl, 16, 0x5A, 1, CF, 0xB4, PF
    passed
