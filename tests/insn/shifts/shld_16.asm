; SHLD r/m16, r16, CL and imm8
; manual: SDM vol. 2B, SHLD
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only, AF never
checked equ CF|PF|ZF|SF

;          op, width, A, B, count, result, flags
    double shld, 16, 0, 0, 1, 0, PF|ZF
    double shld, 16, 0, 0, 4, 0, PF|ZF
    double shld, 16, 0, 0, 15, 0, PF|ZF
    double shld, 16, 0, 0xFFFF, 1, 1, 0
    double shld, 16, 0, 0xFFFF, 4, 0xF, PF
    double shld, 16, 0, 0xFFFF, 15, 0x7FFF, PF
    double shld, 16, 0, 0x8001, 1, 1, 0
    double shld, 16, 0, 0x8001, 4, 8, 0
    double shld, 16, 0, 0x8001, 15, 0x4000, PF
    double shld, 16, 1, 0, 1, 2, 0
    double shld, 16, 1, 0, 4, 0x10, 0
    double shld, 16, 1, 0, 15, 0x8000, PF|SF
    double shld, 16, 1, 0xFFFF, 1, 3, PF
    double shld, 16, 1, 0xFFFF, 4, 0x1F, 0
    double shld, 16, 1, 0xFFFF, 15, 0xFFFF, PF|SF
    double shld, 16, 1, 0x8001, 1, 3, PF
    double shld, 16, 1, 0x8001, 4, 0x18, PF
    double shld, 16, 1, 0x8001, 15, 0xC000, PF|SF
    double shld, 16, 0x8000, 0, 1, 0, CF|PF|ZF
    double shld, 16, 0x8000, 0, 4, 0, PF|ZF
    double shld, 16, 0x8000, 0, 15, 0, PF|ZF
    double shld, 16, 0x8000, 0xFFFF, 1, 1, CF
    double shld, 16, 0x8000, 0xFFFF, 4, 0xF, PF
    double shld, 16, 0x8000, 0xFFFF, 15, 0x7FFF, PF
    double shld, 16, 0x8000, 0x8001, 1, 1, CF
    double shld, 16, 0x8000, 0x8001, 4, 8, 0
    double shld, 16, 0x8000, 0x8001, 15, 0x4000, PF
    double shld, 16, 0xFFFF, 0, 1, 0xFFFE, CF|SF
    double shld, 16, 0xFFFF, 0, 4, 0xFFF0, CF|PF|SF
    double shld, 16, 0xFFFF, 0, 15, 0x8000, CF|PF|SF
    double shld, 16, 0xFFFF, 0xFFFF, 1, 0xFFFF, CF|PF|SF
    double shld, 16, 0xFFFF, 0xFFFF, 4, 0xFFFF, CF|PF|SF
    double shld, 16, 0xFFFF, 0xFFFF, 15, 0xFFFF, CF|PF|SF
    double shld, 16, 0xFFFF, 0x8001, 1, 0xFFFF, CF|PF|SF
    double shld, 16, 0xFFFF, 0x8001, 4, 0xFFF8, CF|SF
    double shld, 16, 0xFFFF, 0x8001, 15, 0xC000, CF|PF|SF
    double shld, 16, 0x1234, 0, 1, 0x2468, 0
    double shld, 16, 0x1234, 0, 4, 0x2340, CF
    double shld, 16, 0x1234, 0, 15, 0, PF|ZF
    double shld, 16, 0x1234, 0xFFFF, 1, 0x2469, PF
    double shld, 16, 0x1234, 0xFFFF, 4, 0x234F, CF
    double shld, 16, 0x1234, 0xFFFF, 15, 0x7FFF, PF
    double shld, 16, 0x1234, 0x8001, 1, 0x2469, PF
    double shld, 16, 0x1234, 0x8001, 4, 0x2348, CF|PF
    double shld, 16, 0x1234, 0x8001, 15, 0x4000, PF
    passed
