; SHRD r/m16, r16, CL and imm8
; manual: SDM vol. 2B, SHRD
; undefined: af of
; expect: eax=0
%include "user.inc"
; OF is defined for a count of 1 only, AF never
checked equ CF|PF|ZF|SF

;          op, width, A, B, count, result, flags
    double shrd, 16, 0, 0, 1, 0, PF|ZF
    double shrd, 16, 0, 0, 4, 0, PF|ZF
    double shrd, 16, 0, 0, 15, 0, PF|ZF
    double shrd, 16, 0, 0xFFFF, 1, 0x8000, PF|SF
    double shrd, 16, 0, 0xFFFF, 4, 0xF000, PF|SF
    double shrd, 16, 0, 0xFFFF, 15, 0xFFFE, SF
    double shrd, 16, 0, 0x8001, 1, 0x8000, PF|SF
    double shrd, 16, 0, 0x8001, 4, 0x1000, PF
    double shrd, 16, 0, 0x8001, 15, 2, 0
    double shrd, 16, 1, 0, 1, 0, CF|PF|ZF
    double shrd, 16, 1, 0, 4, 0, PF|ZF
    double shrd, 16, 1, 0, 15, 0, PF|ZF
    double shrd, 16, 1, 0xFFFF, 1, 0x8000, CF|PF|SF
    double shrd, 16, 1, 0xFFFF, 4, 0xF000, PF|SF
    double shrd, 16, 1, 0xFFFF, 15, 0xFFFE, SF
    double shrd, 16, 1, 0x8001, 1, 0x8000, CF|PF|SF
    double shrd, 16, 1, 0x8001, 4, 0x1000, PF
    double shrd, 16, 1, 0x8001, 15, 2, 0
    double shrd, 16, 0x8000, 0, 1, 0x4000, PF
    double shrd, 16, 0x8000, 0, 4, 0x800, PF
    double shrd, 16, 0x8000, 0, 15, 1, 0
    double shrd, 16, 0x8000, 0xFFFF, 1, 0xC000, PF|SF
    double shrd, 16, 0x8000, 0xFFFF, 4, 0xF800, PF|SF
    double shrd, 16, 0x8000, 0xFFFF, 15, 0xFFFF, PF|SF
    double shrd, 16, 0x8000, 0x8001, 1, 0xC000, PF|SF
    double shrd, 16, 0x8000, 0x8001, 4, 0x1800, PF
    double shrd, 16, 0x8000, 0x8001, 15, 3, PF
    double shrd, 16, 0xFFFF, 0, 1, 0x7FFF, CF|PF
    double shrd, 16, 0xFFFF, 0, 4, 0xFFF, CF|PF
    double shrd, 16, 0xFFFF, 0, 15, 1, CF
    double shrd, 16, 0xFFFF, 0xFFFF, 1, 0xFFFF, CF|PF|SF
    double shrd, 16, 0xFFFF, 0xFFFF, 4, 0xFFFF, CF|PF|SF
    double shrd, 16, 0xFFFF, 0xFFFF, 15, 0xFFFF, CF|PF|SF
    double shrd, 16, 0xFFFF, 0x8001, 1, 0xFFFF, CF|PF|SF
    double shrd, 16, 0xFFFF, 0x8001, 4, 0x1FFF, CF|PF
    double shrd, 16, 0xFFFF, 0x8001, 15, 3, CF|PF
    double shrd, 16, 0x1234, 0, 1, 0x91A, 0
    double shrd, 16, 0x1234, 0, 4, 0x123, 0
    double shrd, 16, 0x1234, 0, 15, 0, PF|ZF
    double shrd, 16, 0x1234, 0xFFFF, 1, 0x891A, SF
    double shrd, 16, 0x1234, 0xFFFF, 4, 0xF123, SF
    double shrd, 16, 0x1234, 0xFFFF, 15, 0xFFFE, SF
    double shrd, 16, 0x1234, 0x8001, 1, 0x891A, SF
    double shrd, 16, 0x1234, 0x8001, 4, 0x1123, 0
    double shrd, 16, 0x1234, 0x8001, 15, 2, 0
    passed
