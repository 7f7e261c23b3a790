; SBB r/m32, r32: difference with borrow of corner values, all defined flags
; manual: SDM vol. 2, SBB
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary sbb, 32, 0, 0, CF, 0xFFFFFFFF, CF|PF|AF|SF
    binary sbb, 32, 0, 0xF, CF, 0xFFFFFFF0, CF|PF|AF|SF
    binary sbb, 32, 0, 0x7FFFFFFF, 0, 0x80000001, CF|AF|SF
    binary sbb, 32, 0, 0xFFFFFFFE, CF, 1, CF|AF
    binary sbb, 32, 1, 0, CF, 0, PF|ZF
    binary sbb, 32, 1, 0xF, 0, 0xFFFFFFF2, CF|AF|SF
    binary sbb, 32, 1, 0x7FFFFFFF, CF, 0x80000001, CF|AF|SF
    binary sbb, 32, 1, 0xFFFFFFFE, CF, 2, CF|AF
    binary sbb, 32, 0xF, 0, 0, 0xF, PF
    binary sbb, 32, 0xF, 0xF, CF, 0xFFFFFFFF, CF|PF|AF|SF
    binary sbb, 32, 0xF, 0x7FFFFFFF, CF, 0x8000000F, CF|PF|AF|SF
    binary sbb, 32, 0xF, 0xFFFFFFFE, 0, 0x11, CF|PF
    binary sbb, 32, 0x10, 0, CF, 0xF, PF|AF
    binary sbb, 32, 0x10, 0xF, CF, 0, PF|AF|ZF
    binary sbb, 32, 0x10, 0x7FFFFFFF, 0, 0x80000011, CF|PF|AF|SF
    binary sbb, 32, 0x10, 0xFFFFFFFE, CF, 0x11, CF|PF|AF
    binary sbb, 32, 0x7FFFFFFF, 0, CF, 0x7FFFFFFE, 0
    binary sbb, 32, 0x7FFFFFFF, 0xF, 0, 0x7FFFFFF0, PF
    binary sbb, 32, 0x7FFFFFFF, 0x7FFFFFFF, CF, 0xFFFFFFFF, CF|PF|AF|SF
    binary sbb, 32, 0x7FFFFFFF, 0xFFFFFFFE, CF, 0x80000000, CF|PF|SF|OF
    binary sbb, 32, 0x80000000, 0, 0, 0x80000000, PF|SF
    binary sbb, 32, 0x80000000, 0xF, CF, 0x7FFFFFF0, PF|AF|OF
    binary sbb, 32, 0x80000000, 0x7FFFFFFF, CF, 0, PF|AF|ZF|OF
    binary sbb, 32, 0x80000000, 0xFFFFFFFE, 0, 0x80000002, CF|AF|SF
    binary sbb, 32, 0xFFFFFFFE, 0, CF, 0xFFFFFFFD, SF
    binary sbb, 32, 0xFFFFFFFE, 0xF, CF, 0xFFFFFFEE, PF|AF|SF
    binary sbb, 32, 0xFFFFFFFE, 0x7FFFFFFF, 0, 0x7FFFFFFF, PF|AF|OF
    binary sbb, 32, 0xFFFFFFFE, 0xFFFFFFFE, CF, 0xFFFFFFFF, CF|PF|AF|SF
    binary sbb, 32, 0xFFFFFFFF, 0, CF, 0xFFFFFFFE, SF
    binary sbb, 32, 0xFFFFFFFF, 0xF, 0, 0xFFFFFFF0, PF|SF
    binary sbb, 32, 0xFFFFFFFF, 0x7FFFFFFF, CF, 0x7FFFFFFF, PF|AF|OF
    binary sbb, 32, 0xFFFFFFFF, 0xFFFFFFFE, CF, 0, PF|ZF
    passed
