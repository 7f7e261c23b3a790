; SHLD r/m32, r32, CL and imm8
; manual: SDM vol. 2B, SHLD
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only, AF never
checked equ CF|PF|ZF|SF

;          op, width, A, B, count, result, flags
    double shld, 32, 0, 0, 1, 0, PF|ZF
    double shld, 32, 0, 0, 4, 0, PF|ZF
    double shld, 32, 0, 0, 31, 0, PF|ZF
    double shld, 32, 0, 0xFFFFFFFF, 1, 1, 0
    double shld, 32, 0, 0xFFFFFFFF, 4, 0xF, PF
    double shld, 32, 0, 0xFFFFFFFF, 31, 0x7FFFFFFF, PF
    double shld, 32, 0, 0x80000001, 1, 1, 0
    double shld, 32, 0, 0x80000001, 4, 8, 0
    double shld, 32, 0, 0x80000001, 31, 0x40000000, PF
    double shld, 32, 1, 0, 1, 2, 0
    double shld, 32, 1, 0, 4, 0x10, 0
    double shld, 32, 1, 0, 31, 0x80000000, PF|SF
    double shld, 32, 1, 0xFFFFFFFF, 1, 3, PF
    double shld, 32, 1, 0xFFFFFFFF, 4, 0x1F, 0
    double shld, 32, 1, 0xFFFFFFFF, 31, 0xFFFFFFFF, PF|SF
    double shld, 32, 1, 0x80000001, 1, 3, PF
    double shld, 32, 1, 0x80000001, 4, 0x18, PF
    double shld, 32, 1, 0x80000001, 31, 0xC0000000, PF|SF
    double shld, 32, 0x80000000, 0, 1, 0, CF|PF|ZF
    double shld, 32, 0x80000000, 0, 4, 0, PF|ZF
    double shld, 32, 0x80000000, 0, 31, 0, PF|ZF
    double shld, 32, 0x80000000, 0xFFFFFFFF, 1, 1, CF
    double shld, 32, 0x80000000, 0xFFFFFFFF, 4, 0xF, PF
    double shld, 32, 0x80000000, 0xFFFFFFFF, 31, 0x7FFFFFFF, PF
    double shld, 32, 0x80000000, 0x80000001, 1, 1, CF
    double shld, 32, 0x80000000, 0x80000001, 4, 8, 0
    double shld, 32, 0x80000000, 0x80000001, 31, 0x40000000, PF
    double shld, 32, 0xFFFFFFFF, 0, 1, 0xFFFFFFFE, CF|SF
    double shld, 32, 0xFFFFFFFF, 0, 4, 0xFFFFFFF0, CF|PF|SF
    double shld, 32, 0xFFFFFFFF, 0, 31, 0x80000000, CF|PF|SF
    double shld, 32, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0xFFFFFFFF, CF|PF|SF
    double shld, 32, 0xFFFFFFFF, 0xFFFFFFFF, 4, 0xFFFFFFFF, CF|PF|SF
    double shld, 32, 0xFFFFFFFF, 0xFFFFFFFF, 31, 0xFFFFFFFF, CF|PF|SF
    double shld, 32, 0xFFFFFFFF, 0x80000001, 1, 0xFFFFFFFF, CF|PF|SF
    double shld, 32, 0xFFFFFFFF, 0x80000001, 4, 0xFFFFFFF8, CF|SF
    double shld, 32, 0xFFFFFFFF, 0x80000001, 31, 0xC0000000, CF|PF|SF
    double shld, 32, 0x1234, 0, 1, 0x2468, 0
    double shld, 32, 0x1234, 0, 4, 0x12340, 0
    double shld, 32, 0x1234, 0, 31, 0, PF|ZF
    double shld, 32, 0x1234, 0xFFFFFFFF, 1, 0x2469, PF
    double shld, 32, 0x1234, 0xFFFFFFFF, 4, 0x1234F, 0
    double shld, 32, 0x1234, 0xFFFFFFFF, 31, 0x7FFFFFFF, PF
    double shld, 32, 0x1234, 0x80000001, 1, 0x2469, PF
    double shld, 32, 0x1234, 0x80000001, 4, 0x12348, PF
    double shld, 32, 0x1234, 0x80000001, 31, 0x40000000, PF
    passed
