; SHL r/m16, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only; AF is undefined
checked equ CF|PF|ZF|SF

;         op, width, A, count, flags in, result, flags
    shift shl, 16, 0, 0, 0, 0, 0
    shift shl, 16, 0, 0, CF, 0, CF
    shift shl, 16, 0, 2, 0, 0, PF|ZF
    shift shl, 16, 0, 2, CF, 0, PF|ZF
    shift shl, 16, 0, 15, 0, 0, PF|ZF
    shift shl, 16, 0, 15, CF, 0, PF|ZF
    shift shl, 16, 0, 32, 0, 0, 0
    shift shl, 16, 0, 32, CF, 0, CF
    shift shl, 16, 0, 33, 0, 0, PF|ZF
    shift shl, 16, 0, 33, CF, 0, PF|ZF
    shift shl, 16, 1, 0, 0, 1, 0
    shift shl, 16, 1, 0, CF, 1, CF
    shift shl, 16, 1, 2, 0, 4, 0
    shift shl, 16, 1, 2, CF, 4, 0
    shift shl, 16, 1, 15, 0, 0x8000, PF|SF
    shift shl, 16, 1, 15, CF, 0x8000, PF|SF
    shift shl, 16, 1, 32, 0, 1, 0
    shift shl, 16, 1, 32, CF, 1, CF
    shift shl, 16, 1, 33, 0, 2, 0
    shift shl, 16, 1, 33, CF, 2, 0
    shift shl, 16, 0x8000, 0, 0, 0x8000, 0
    shift shl, 16, 0x8000, 0, CF, 0x8000, CF
    shift shl, 16, 0x8000, 2, 0, 0, PF|ZF
    shift shl, 16, 0x8000, 2, CF, 0, PF|ZF
    shift shl, 16, 0x8000, 15, 0, 0, PF|ZF
    shift shl, 16, 0x8000, 15, CF, 0, PF|ZF
    shift shl, 16, 0x8000, 32, 0, 0x8000, 0
    shift shl, 16, 0x8000, 32, CF, 0x8000, CF
    shift shl, 16, 0x8000, 33, 0, 0, CF|PF|ZF
    shift shl, 16, 0x8000, 33, CF, 0, CF|PF|ZF
    shift shl, 16, 0xFFFF, 0, 0, 0xFFFF, 0
    shift shl, 16, 0xFFFF, 0, CF, 0xFFFF, CF
    shift shl, 16, 0xFFFF, 2, 0, 0xFFFC, CF|PF|SF
    shift shl, 16, 0xFFFF, 2, CF, 0xFFFC, CF|PF|SF
    shift shl, 16, 0xFFFF, 15, 0, 0x8000, CF|PF|SF
    shift shl, 16, 0xFFFF, 15, CF, 0x8000, CF|PF|SF
    shift shl, 16, 0xFFFF, 32, 0, 0xFFFF, 0
    shift shl, 16, 0xFFFF, 32, CF, 0xFFFF, CF
    shift shl, 16, 0xFFFF, 33, 0, 0xFFFE, CF|SF
    shift shl, 16, 0xFFFF, 33, CF, 0xFFFE, CF|SF
    shift shl, 16, 0x8001, 0, 0, 0x8001, 0
    shift shl, 16, 0x8001, 0, CF, 0x8001, CF
    shift shl, 16, 0x8001, 2, 0, 4, 0
    shift shl, 16, 0x8001, 2, CF, 4, 0
    shift shl, 16, 0x8001, 15, 0, 0x8000, PF|SF
    shift shl, 16, 0x8001, 15, CF, 0x8000, PF|SF
    shift shl, 16, 0x8001, 32, 0, 0x8001, 0
    shift shl, 16, 0x8001, 32, CF, 0x8001, CF
    shift shl, 16, 0x8001, 33, 0, 2, CF
    shift shl, 16, 0x8001, 33, CF, 2, CF
    shift shl, 16, 0x7FFF, 0, 0, 0x7FFF, 0
    shift shl, 16, 0x7FFF, 0, CF, 0x7FFF, CF
    shift shl, 16, 0x7FFF, 2, 0, 0xFFFC, CF|PF|SF
    shift shl, 16, 0x7FFF, 2, CF, 0xFFFC, CF|PF|SF
    shift shl, 16, 0x7FFF, 15, 0, 0x8000, CF|PF|SF
    shift shl, 16, 0x7FFF, 15, CF, 0x8000, CF|PF|SF
    shift shl, 16, 0x7FFF, 32, 0, 0x7FFF, 0
    shift shl, 16, 0x7FFF, 32, CF, 0x7FFF, CF
    shift shl, 16, 0x7FFF, 33, 0, 0xFFFE, SF
    shift shl, 16, 0x7FFF, 33, CF, 0xFFFE, SF
    shift shl, 16, 0x5A, 0, 0, 0x5A, 0
    shift shl, 16, 0x5A, 0, CF, 0x5A, CF
    shift shl, 16, 0x5A, 2, 0, 0x168, 0
    shift shl, 16, 0x5A, 2, CF, 0x168, 0
    shift shl, 16, 0x5A, 15, 0, 0, CF|PF|ZF
    shift shl, 16, 0x5A, 15, CF, 0, CF|PF|ZF
    shift shl, 16, 0x5A, 32, 0, 0x5A, 0
    shift shl, 16, 0x5A, 32, CF, 0x5A, CF
    shift shl, 16, 0x5A, 33, 0, 0xB4, PF
    shift shl, 16, 0x5A, 33, CF, 0xB4, PF
    passed
