; SHRD r/m32, r32, CL and imm8
; manual: SDM vol. 2B, SHRD
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only, AF never
checked equ CF|PF|ZF|SF

;          op, width, A, B, count, result, flags
    double shrd, 32, 0, 0, 1, 0, PF|ZF
    double shrd, 32, 0, 0, 4, 0, PF|ZF
    double shrd, 32, 0, 0, 31, 0, PF|ZF
    double shrd, 32, 0, 0xFFFFFFFF, 1, 0x80000000, PF|SF
    double shrd, 32, 0, 0xFFFFFFFF, 4, 0xF0000000, PF|SF
    double shrd, 32, 0, 0xFFFFFFFF, 31, 0xFFFFFFFE, SF
    double shrd, 32, 0, 0x80000001, 1, 0x80000000, PF|SF
    double shrd, 32, 0, 0x80000001, 4, 0x10000000, PF
    double shrd, 32, 0, 0x80000001, 31, 2, 0
    double shrd, 32, 1, 0, 1, 0, CF|PF|ZF
    double shrd, 32, 1, 0, 4, 0, PF|ZF
    double shrd, 32, 1, 0, 31, 0, PF|ZF
    double shrd, 32, 1, 0xFFFFFFFF, 1, 0x80000000, CF|PF|SF
    double shrd, 32, 1, 0xFFFFFFFF, 4, 0xF0000000, PF|SF
    double shrd, 32, 1, 0xFFFFFFFF, 31, 0xFFFFFFFE, SF
    double shrd, 32, 1, 0x80000001, 1, 0x80000000, CF|PF|SF
    double shrd, 32, 1, 0x80000001, 4, 0x10000000, PF
    double shrd, 32, 1, 0x80000001, 31, 2, 0
    double shrd, 32, 0x80000000, 0, 1, 0x40000000, PF
    double shrd, 32, 0x80000000, 0, 4, 0x8000000, PF
    double shrd, 32, 0x80000000, 0, 31, 1, 0
    double shrd, 32, 0x80000000, 0xFFFFFFFF, 1, 0xC0000000, PF|SF
    double shrd, 32, 0x80000000, 0xFFFFFFFF, 4, 0xF8000000, PF|SF
    double shrd, 32, 0x80000000, 0xFFFFFFFF, 31, 0xFFFFFFFF, PF|SF
    double shrd, 32, 0x80000000, 0x80000001, 1, 0xC0000000, PF|SF
    double shrd, 32, 0x80000000, 0x80000001, 4, 0x18000000, PF
    double shrd, 32, 0x80000000, 0x80000001, 31, 3, PF
    double shrd, 32, 0xFFFFFFFF, 0, 1, 0x7FFFFFFF, CF|PF
    double shrd, 32, 0xFFFFFFFF, 0, 4, 0xFFFFFFF, CF|PF
    double shrd, 32, 0xFFFFFFFF, 0, 31, 1, CF
    double shrd, 32, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0xFFFFFFFF, CF|PF|SF
    double shrd, 32, 0xFFFFFFFF, 0xFFFFFFFF, 4, 0xFFFFFFFF, CF|PF|SF
    double shrd, 32, 0xFFFFFFFF, 0xFFFFFFFF, 31, 0xFFFFFFFF, CF|PF|SF
    double shrd, 32, 0xFFFFFFFF, 0x80000001, 1, 0xFFFFFFFF, CF|PF|SF
    double shrd, 32, 0xFFFFFFFF, 0x80000001, 4, 0x1FFFFFFF, CF|PF
    double shrd, 32, 0xFFFFFFFF, 0x80000001, 31, 3, CF|PF
    double shrd, 32, 0x1234, 0, 1, 0x91A, 0
    double shrd, 32, 0x1234, 0, 4, 0x123, 0
    double shrd, 32, 0x1234, 0, 31, 0, PF|ZF
    double shrd, 32, 0x1234, 0xFFFFFFFF, 1, 0x8000091A, SF
    double shrd, 32, 0x1234, 0xFFFFFFFF, 4, 0xF0000123, SF
    double shrd, 32, 0x1234, 0xFFFFFFFF, 31, 0xFFFFFFFE, SF
    double shrd, 32, 0x1234, 0x80000001, 1, 0x8000091A, SF
    double shrd, 32, 0x1234, 0x80000001, 4, 0x10000123, 0
    double shrd, 32, 0x1234, 0x80000001, 31, 2, 0
    passed
