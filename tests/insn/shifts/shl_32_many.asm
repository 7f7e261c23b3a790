; SHL r/m32, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only; AF is undefined
checked equ CF|PF|ZF|SF

;         op, width, A, count, flags in, result, flags
    shift shl, 32, 0, 0, 0, 0, 0
    shift shl, 32, 0, 0, CF, 0, CF
    shift shl, 32, 0, 2, 0, 0, PF|ZF
    shift shl, 32, 0, 2, CF, 0, PF|ZF
    shift shl, 32, 0, 31, 0, 0, PF|ZF
    shift shl, 32, 0, 31, CF, 0, PF|ZF
    shift shl, 32, 0, 32, 0, 0, 0
    shift shl, 32, 0, 32, CF, 0, CF
    shift shl, 32, 0, 33, 0, 0, PF|ZF
    shift shl, 32, 0, 33, CF, 0, PF|ZF
    shift shl, 32, 0, 31, 0, 0, PF|ZF
    shift shl, 32, 0, 31, CF, 0, PF|ZF
    shift shl, 32, 1, 0, 0, 1, 0
    shift shl, 32, 1, 0, CF, 1, CF
    shift shl, 32, 1, 2, 0, 4, 0
    shift shl, 32, 1, 2, CF, 4, 0
    shift shl, 32, 1, 31, 0, 0x80000000, PF|SF
    shift shl, 32, 1, 31, CF, 0x80000000, PF|SF
    shift shl, 32, 1, 32, 0, 1, 0
    shift shl, 32, 1, 32, CF, 1, CF
    shift shl, 32, 1, 33, 0, 2, 0
    shift shl, 32, 1, 33, CF, 2, 0
    shift shl, 32, 1, 31, 0, 0x80000000, PF|SF
    shift shl, 32, 1, 31, CF, 0x80000000, PF|SF
    shift shl, 32, 0x80000000, 0, 0, 0x80000000, 0
    shift shl, 32, 0x80000000, 0, CF, 0x80000000, CF
    shift shl, 32, 0x80000000, 2, 0, 0, PF|ZF
    shift shl, 32, 0x80000000, 2, CF, 0, PF|ZF
    shift shl, 32, 0x80000000, 31, 0, 0, PF|ZF
    shift shl, 32, 0x80000000, 31, CF, 0, PF|ZF
    shift shl, 32, 0x80000000, 32, 0, 0x80000000, 0
    shift shl, 32, 0x80000000, 32, CF, 0x80000000, CF
    shift shl, 32, 0x80000000, 33, 0, 0, CF|PF|ZF
    shift shl, 32, 0x80000000, 33, CF, 0, CF|PF|ZF
    shift shl, 32, 0x80000000, 31, 0, 0, PF|ZF
    shift shl, 32, 0x80000000, 31, CF, 0, PF|ZF
    shift shl, 32, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, 0
    shift shl, 32, 0xFFFFFFFF, 0, CF, 0xFFFFFFFF, CF
    shift shl, 32, 0xFFFFFFFF, 2, 0, 0xFFFFFFFC, CF|PF|SF
    shift shl, 32, 0xFFFFFFFF, 2, CF, 0xFFFFFFFC, CF|PF|SF
    shift shl, 32, 0xFFFFFFFF, 31, 0, 0x80000000, CF|PF|SF
    shift shl, 32, 0xFFFFFFFF, 31, CF, 0x80000000, CF|PF|SF
    shift shl, 32, 0xFFFFFFFF, 32, 0, 0xFFFFFFFF, 0
    shift shl, 32, 0xFFFFFFFF, 32, CF, 0xFFFFFFFF, CF
    shift shl, 32, 0xFFFFFFFF, 33, 0, 0xFFFFFFFE, CF|SF
    shift shl, 32, 0xFFFFFFFF, 33, CF, 0xFFFFFFFE, CF|SF
    shift shl, 32, 0xFFFFFFFF, 31, 0, 0x80000000, CF|PF|SF
    shift shl, 32, 0xFFFFFFFF, 31, CF, 0x80000000, CF|PF|SF
    shift shl, 32, 0x80000001, 0, 0, 0x80000001, 0
    shift shl, 32, 0x80000001, 0, CF, 0x80000001, CF
    shift shl, 32, 0x80000001, 2, 0, 4, 0
    shift shl, 32, 0x80000001, 2, CF, 4, 0
    shift shl, 32, 0x80000001, 31, 0, 0x80000000, PF|SF
    shift shl, 32, 0x80000001, 31, CF, 0x80000000, PF|SF
    shift shl, 32, 0x80000001, 32, 0, 0x80000001, 0
    shift shl, 32, 0x80000001, 32, CF, 0x80000001, CF
    shift shl, 32, 0x80000001, 33, 0, 2, CF
    shift shl, 32, 0x80000001, 33, CF, 2, CF
    shift shl, 32, 0x80000001, 31, 0, 0x80000000, PF|SF
    shift shl, 32, 0x80000001, 31, CF, 0x80000000, PF|SF
    shift shl, 32, 0x7FFFFFFF, 0, 0, 0x7FFFFFFF, 0
    shift shl, 32, 0x7FFFFFFF, 0, CF, 0x7FFFFFFF, CF
    shift shl, 32, 0x7FFFFFFF, 2, 0, 0xFFFFFFFC, CF|PF|SF
    shift shl, 32, 0x7FFFFFFF, 2, CF, 0xFFFFFFFC, CF|PF|SF
    shift shl, 32, 0x7FFFFFFF, 31, 0, 0x80000000, CF|PF|SF
    shift shl, 32, 0x7FFFFFFF, 31, CF, 0x80000000, CF|PF|SF
    shift shl, 32, 0x7FFFFFFF, 32, 0, 0x7FFFFFFF, 0
    shift shl, 32, 0x7FFFFFFF, 32, CF, 0x7FFFFFFF, CF
    shift shl, 32, 0x7FFFFFFF, 33, 0, 0xFFFFFFFE, SF
    shift shl, 32, 0x7FFFFFFF, 33, CF, 0xFFFFFFFE, SF
    shift shl, 32, 0x7FFFFFFF, 31, 0, 0x80000000, CF|PF|SF
    shift shl, 32, 0x7FFFFFFF, 31, CF, 0x80000000, CF|PF|SF
    shift shl, 32, 0x5A, 0, 0, 0x5A, 0
    shift shl, 32, 0x5A, 0, CF, 0x5A, CF
    shift shl, 32, 0x5A, 2, 0, 0x168, 0
    shift shl, 32, 0x5A, 2, CF, 0x168, 0
    shift shl, 32, 0x5A, 31, 0, 0, CF|PF|ZF
    shift shl, 32, 0x5A, 31, CF, 0, CF|PF|ZF
    shift shl, 32, 0x5A, 32, 0, 0x5A, 0
    shift shl, 32, 0x5A, 32, CF, 0x5A, CF
    shift shl, 32, 0x5A, 33, 0, 0xB4, PF
    shift shl, 32, 0x5A, 33, CF, 0xB4, PF
    shift shl, 32, 0x5A, 31, 0, 0, CF|PF|ZF
    shift shl, 32, 0x5A, 31, CF, 0, CF|PF|ZF
    passed
