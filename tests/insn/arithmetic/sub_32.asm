; SUB r/m32, r32: difference of corner values, all defined flags
; manual: SDM vol. 2, SUB
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary sub, 32, 0, 0, 0, 0, PF|ZF
    binary sub, 32, 0, 1, 0, 0xFFFFFFFF, CF|PF|AF|SF
    binary sub, 32, 0, 0xF, 0, 0xFFFFFFF1, CF|AF|SF
    binary sub, 32, 0, 0x10, 0, 0xFFFFFFF0, CF|PF|SF
    binary sub, 32, 0, 0x7FFFFFFF, 0, 0x80000001, CF|AF|SF
    binary sub, 32, 0, 0x80000000, 0, 0x80000000, CF|PF|SF|OF
    binary sub, 32, 0, 0xFFFFFFFE, 0, 2, CF|AF
    binary sub, 32, 0, 0xFFFFFFFF, 0, 1, CF|AF
    binary sub, 32, 1, 0, 0, 1, 0
    binary sub, 32, 1, 1, 0, 0, PF|ZF
    binary sub, 32, 1, 0xF, 0, 0xFFFFFFF2, CF|AF|SF
    binary sub, 32, 1, 0x10, 0, 0xFFFFFFF1, CF|SF
    binary sub, 32, 1, 0x7FFFFFFF, 0, 0x80000002, CF|AF|SF
    binary sub, 32, 1, 0x80000000, 0, 0x80000001, CF|SF|OF
    binary sub, 32, 1, 0xFFFFFFFE, 0, 3, CF|PF|AF
    binary sub, 32, 1, 0xFFFFFFFF, 0, 2, CF|AF
    binary sub, 32, 0xF, 0, 0, 0xF, PF
    binary sub, 32, 0xF, 1, 0, 0xE, 0
    binary sub, 32, 0xF, 0xF, 0, 0, PF|ZF
    binary sub, 32, 0xF, 0x10, 0, 0xFFFFFFFF, CF|PF|SF
    binary sub, 32, 0xF, 0x7FFFFFFF, 0, 0x80000010, CF|SF
    binary sub, 32, 0xF, 0x80000000, 0, 0x8000000F, CF|PF|SF|OF
    binary sub, 32, 0xF, 0xFFFFFFFE, 0, 0x11, CF|PF
    binary sub, 32, 0xF, 0xFFFFFFFF, 0, 0x10, CF
    binary sub, 32, 0x10, 0, 0, 0x10, 0
    binary sub, 32, 0x10, 1, 0, 0xF, PF|AF
    binary sub, 32, 0x10, 0xF, 0, 1, AF
    binary sub, 32, 0x10, 0x10, 0, 0, PF|ZF
    binary sub, 32, 0x10, 0x7FFFFFFF, 0, 0x80000011, CF|PF|AF|SF
    binary sub, 32, 0x10, 0x80000000, 0, 0x80000010, CF|SF|OF
    binary sub, 32, 0x10, 0xFFFFFFFE, 0, 0x12, CF|PF|AF
    binary sub, 32, 0x10, 0xFFFFFFFF, 0, 0x11, CF|PF|AF
    binary sub, 32, 0x7FFFFFFF, 0, 0, 0x7FFFFFFF, PF
    binary sub, 32, 0x7FFFFFFF, 1, 0, 0x7FFFFFFE, 0
    binary sub, 32, 0x7FFFFFFF, 0xF, 0, 0x7FFFFFF0, PF
    binary sub, 32, 0x7FFFFFFF, 0x10, 0, 0x7FFFFFEF, 0
    binary sub, 32, 0x7FFFFFFF, 0x7FFFFFFF, 0, 0, PF|ZF
    binary sub, 32, 0x7FFFFFFF, 0x80000000, 0, 0xFFFFFFFF, CF|PF|SF|OF
    binary sub, 32, 0x7FFFFFFF, 0xFFFFFFFE, 0, 0x80000001, CF|SF|OF
    binary sub, 32, 0x7FFFFFFF, 0xFFFFFFFF, 0, 0x80000000, CF|PF|SF|OF
    binary sub, 32, 0x80000000, 0, 0, 0x80000000, PF|SF
    binary sub, 32, 0x80000000, 1, 0, 0x7FFFFFFF, PF|AF|OF
    binary sub, 32, 0x80000000, 0xF, 0, 0x7FFFFFF1, AF|OF
    binary sub, 32, 0x80000000, 0x10, 0, 0x7FFFFFF0, PF|OF
    binary sub, 32, 0x80000000, 0x7FFFFFFF, 0, 1, AF|OF
    binary sub, 32, 0x80000000, 0x80000000, 0, 0, PF|ZF
    binary sub, 32, 0x80000000, 0xFFFFFFFE, 0, 0x80000002, CF|AF|SF
    binary sub, 32, 0x80000000, 0xFFFFFFFF, 0, 0x80000001, CF|AF|SF
    binary sub, 32, 0xFFFFFFFE, 0, 0, 0xFFFFFFFE, SF
    binary sub, 32, 0xFFFFFFFE, 1, 0, 0xFFFFFFFD, SF
    binary sub, 32, 0xFFFFFFFE, 0xF, 0, 0xFFFFFFEF, AF|SF
    binary sub, 32, 0xFFFFFFFE, 0x10, 0, 0xFFFFFFEE, PF|SF
    binary sub, 32, 0xFFFFFFFE, 0x7FFFFFFF, 0, 0x7FFFFFFF, PF|AF|OF
    binary sub, 32, 0xFFFFFFFE, 0x80000000, 0, 0x7FFFFFFE, 0
    binary sub, 32, 0xFFFFFFFE, 0xFFFFFFFE, 0, 0, PF|ZF
    binary sub, 32, 0xFFFFFFFE, 0xFFFFFFFF, 0, 0xFFFFFFFF, CF|PF|AF|SF
    binary sub, 32, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, PF|SF
    binary sub, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFE, SF
    binary sub, 32, 0xFFFFFFFF, 0xF, 0, 0xFFFFFFF0, PF|SF
    binary sub, 32, 0xFFFFFFFF, 0x10, 0, 0xFFFFFFEF, SF
    binary sub, 32, 0xFFFFFFFF, 0x7FFFFFFF, 0, 0x80000000, PF|SF
    binary sub, 32, 0xFFFFFFFF, 0x80000000, 0, 0x7FFFFFFF, PF
    binary sub, 32, 0xFFFFFFFF, 0xFFFFFFFE, 0, 1, 0
    binary sub, 32, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, PF|ZF
    passed
