; SHL r/m8, CL and imm8: the count is taken modulo 32, zero changes no flag
; manual: SDM vol. 2B, SAL/SAR/SHL/SHR
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only; AF is undefined
checked equ CF|PF|ZF|SF

;         op, width, A, count, flags in, result, flags
    shift shl, 8, 0, 0, 0, 0, 0
    shift shl, 8, 0, 0, CF, 0, CF
    shift shl, 8, 0, 2, 0, 0, PF|ZF
    shift shl, 8, 0, 2, CF, 0, PF|ZF
    shift shl, 8, 0, 7, 0, 0, PF|ZF
    shift shl, 8, 0, 7, CF, 0, PF|ZF
    shift shl, 8, 0, 32, 0, 0, 0
    shift shl, 8, 0, 32, CF, 0, CF
    shift shl, 8, 0, 33, 0, 0, PF|ZF
    shift shl, 8, 0, 33, CF, 0, PF|ZF
    shift shl, 8, 1, 0, 0, 1, 0
    shift shl, 8, 1, 0, CF, 1, CF
    shift shl, 8, 1, 2, 0, 4, 0
    shift shl, 8, 1, 2, CF, 4, 0
    shift shl, 8, 1, 7, 0, 0x80, SF
    shift shl, 8, 1, 7, CF, 0x80, SF
    shift shl, 8, 1, 32, 0, 1, 0
    shift shl, 8, 1, 32, CF, 1, CF
    shift shl, 8, 1, 33, 0, 2, 0
    shift shl, 8, 1, 33, CF, 2, 0
    shift shl, 8, 0x80, 0, 0, 0x80, 0
    shift shl, 8, 0x80, 0, CF, 0x80, CF
    shift shl, 8, 0x80, 2, 0, 0, PF|ZF
    shift shl, 8, 0x80, 2, CF, 0, PF|ZF
    shift shl, 8, 0x80, 7, 0, 0, PF|ZF
    shift shl, 8, 0x80, 7, CF, 0, PF|ZF
    shift shl, 8, 0x80, 32, 0, 0x80, 0
    shift shl, 8, 0x80, 32, CF, 0x80, CF
    shift shl, 8, 0x80, 33, 0, 0, CF|PF|ZF
    shift shl, 8, 0x80, 33, CF, 0, CF|PF|ZF
    shift shl, 8, 0xFF, 0, 0, 0xFF, 0
    shift shl, 8, 0xFF, 0, CF, 0xFF, CF
    shift shl, 8, 0xFF, 2, 0, 0xFC, CF|PF|SF
    shift shl, 8, 0xFF, 2, CF, 0xFC, CF|PF|SF
    shift shl, 8, 0xFF, 7, 0, 0x80, CF|SF
    shift shl, 8, 0xFF, 7, CF, 0x80, CF|SF
    shift shl, 8, 0xFF, 32, 0, 0xFF, 0
    shift shl, 8, 0xFF, 32, CF, 0xFF, CF
    shift shl, 8, 0xFF, 33, 0, 0xFE, CF|SF
    shift shl, 8, 0xFF, 33, CF, 0xFE, CF|SF
    shift shl, 8, 0x81, 0, 0, 0x81, 0
    shift shl, 8, 0x81, 0, CF, 0x81, CF
    shift shl, 8, 0x81, 2, 0, 4, 0
    shift shl, 8, 0x81, 2, CF, 4, 0
    shift shl, 8, 0x81, 7, 0, 0x80, SF
    shift shl, 8, 0x81, 7, CF, 0x80, SF
    shift shl, 8, 0x81, 32, 0, 0x81, 0
    shift shl, 8, 0x81, 32, CF, 0x81, CF
    shift shl, 8, 0x81, 33, 0, 2, CF
    shift shl, 8, 0x81, 33, CF, 2, CF
    shift shl, 8, 0x7F, 0, 0, 0x7F, 0
    shift shl, 8, 0x7F, 0, CF, 0x7F, CF
    shift shl, 8, 0x7F, 2, 0, 0xFC, CF|PF|SF
    shift shl, 8, 0x7F, 2, CF, 0xFC, CF|PF|SF
    shift shl, 8, 0x7F, 7, 0, 0x80, CF|SF
    shift shl, 8, 0x7F, 7, CF, 0x80, CF|SF
    shift shl, 8, 0x7F, 32, 0, 0x7F, 0
    shift shl, 8, 0x7F, 32, CF, 0x7F, CF
    shift shl, 8, 0x7F, 33, 0, 0xFE, SF
    shift shl, 8, 0x7F, 33, CF, 0xFE, SF
    shift shl, 8, 0x5A, 0, 0, 0x5A, 0
    shift shl, 8, 0x5A, 0, CF, 0x5A, CF
    shift shl, 8, 0x5A, 2, 0, 0x68, CF
    shift shl, 8, 0x5A, 2, CF, 0x68, CF
    shift shl, 8, 0x5A, 7, 0, 0, CF|PF|ZF
    shift shl, 8, 0x5A, 7, CF, 0, CF|PF|ZF
    shift shl, 8, 0x5A, 32, 0, 0x5A, 0
    shift shl, 8, 0x5A, 32, CF, 0x5A, CF
    shift shl, 8, 0x5A, 33, 0, 0xB4, PF|SF
    shift shl, 8, 0x5A, 33, CF, 0xB4, PF|SF
    passed
