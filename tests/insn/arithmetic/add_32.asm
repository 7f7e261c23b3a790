; ADD r/m32, r32: sum of corner values, all defined flags
; manual: SDM vol. 2, ADD
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary add, 32, 0, 0, 0, 0, PF|ZF
    binary add, 32, 0, 1, 0, 1, 0
    binary add, 32, 0, 0xF, 0, 0xF, PF
    binary add, 32, 0, 0x10, 0, 0x10, 0
    binary add, 32, 0, 0x7FFFFFFF, 0, 0x7FFFFFFF, PF
    binary add, 32, 0, 0x80000000, 0, 0x80000000, PF|SF
    binary add, 32, 0, 0xFFFFFFFE, 0, 0xFFFFFFFE, SF
    binary add, 32, 0, 0xFFFFFFFF, 0, 0xFFFFFFFF, PF|SF
    binary add, 32, 1, 0, 0, 1, 0
    binary add, 32, 1, 1, 0, 2, 0
    binary add, 32, 1, 0xF, 0, 0x10, AF
    binary add, 32, 1, 0x10, 0, 0x11, PF
    binary add, 32, 1, 0x7FFFFFFF, 0, 0x80000000, PF|AF|SF|OF
    binary add, 32, 1, 0x80000000, 0, 0x80000001, SF
    binary add, 32, 1, 0xFFFFFFFE, 0, 0xFFFFFFFF, PF|SF
    binary add, 32, 1, 0xFFFFFFFF, 0, 0, CF|PF|AF|ZF
    binary add, 32, 0xF, 0, 0, 0xF, PF
    binary add, 32, 0xF, 1, 0, 0x10, AF
    binary add, 32, 0xF, 0xF, 0, 0x1E, PF|AF
    binary add, 32, 0xF, 0x10, 0, 0x1F, 0
    binary add, 32, 0xF, 0x7FFFFFFF, 0, 0x8000000E, AF|SF|OF
    binary add, 32, 0xF, 0x80000000, 0, 0x8000000F, PF|SF
    binary add, 32, 0xF, 0xFFFFFFFE, 0, 0xD, CF|AF
    binary add, 32, 0xF, 0xFFFFFFFF, 0, 0xE, CF|AF
    binary add, 32, 0x10, 0, 0, 0x10, 0
    binary add, 32, 0x10, 1, 0, 0x11, PF
    binary add, 32, 0x10, 0xF, 0, 0x1F, 0
    binary add, 32, 0x10, 0x10, 0, 0x20, 0
    binary add, 32, 0x10, 0x7FFFFFFF, 0, 0x8000000F, PF|SF|OF
    binary add, 32, 0x10, 0x80000000, 0, 0x80000010, SF
    binary add, 32, 0x10, 0xFFFFFFFE, 0, 0xE, CF
    binary add, 32, 0x10, 0xFFFFFFFF, 0, 0xF, CF|PF
    binary add, 32, 0x7FFFFFFF, 0, 0, 0x7FFFFFFF, PF
    binary add, 32, 0x7FFFFFFF, 1, 0, 0x80000000, PF|AF|SF|OF
    binary add, 32, 0x7FFFFFFF, 0xF, 0, 0x8000000E, AF|SF|OF
    binary add, 32, 0x7FFFFFFF, 0x10, 0, 0x8000000F, PF|SF|OF
    binary add, 32, 0x7FFFFFFF, 0x7FFFFFFF, 0, 0xFFFFFFFE, AF|SF|OF
    binary add, 32, 0x7FFFFFFF, 0x80000000, 0, 0xFFFFFFFF, PF|SF
    binary add, 32, 0x7FFFFFFF, 0xFFFFFFFE, 0, 0x7FFFFFFD, CF|AF
    binary add, 32, 0x7FFFFFFF, 0xFFFFFFFF, 0, 0x7FFFFFFE, CF|AF
    binary add, 32, 0x80000000, 0, 0, 0x80000000, PF|SF
    binary add, 32, 0x80000000, 1, 0, 0x80000001, SF
    binary add, 32, 0x80000000, 0xF, 0, 0x8000000F, PF|SF
    binary add, 32, 0x80000000, 0x10, 0, 0x80000010, SF
    binary add, 32, 0x80000000, 0x7FFFFFFF, 0, 0xFFFFFFFF, PF|SF
    binary add, 32, 0x80000000, 0x80000000, 0, 0, CF|PF|ZF|OF
    binary add, 32, 0x80000000, 0xFFFFFFFE, 0, 0x7FFFFFFE, CF|OF
    binary add, 32, 0x80000000, 0xFFFFFFFF, 0, 0x7FFFFFFF, CF|PF|OF
    binary add, 32, 0xFFFFFFFE, 0, 0, 0xFFFFFFFE, SF
    binary add, 32, 0xFFFFFFFE, 1, 0, 0xFFFFFFFF, PF|SF
    binary add, 32, 0xFFFFFFFE, 0xF, 0, 0xD, CF|AF
    binary add, 32, 0xFFFFFFFE, 0x10, 0, 0xE, CF
    binary add, 32, 0xFFFFFFFE, 0x7FFFFFFF, 0, 0x7FFFFFFD, CF|AF
    binary add, 32, 0xFFFFFFFE, 0x80000000, 0, 0x7FFFFFFE, CF|OF
    binary add, 32, 0xFFFFFFFE, 0xFFFFFFFE, 0, 0xFFFFFFFC, CF|PF|AF|SF
    binary add, 32, 0xFFFFFFFE, 0xFFFFFFFF, 0, 0xFFFFFFFD, CF|AF|SF
    binary add, 32, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, PF|SF
    binary add, 32, 0xFFFFFFFF, 1, 0, 0, CF|PF|AF|ZF
    binary add, 32, 0xFFFFFFFF, 0xF, 0, 0xE, CF|AF
    binary add, 32, 0xFFFFFFFF, 0x10, 0, 0xF, CF|PF
    binary add, 32, 0xFFFFFFFF, 0x7FFFFFFF, 0, 0x7FFFFFFE, CF|AF
    binary add, 32, 0xFFFFFFFF, 0x80000000, 0, 0x7FFFFFFF, CF|PF|OF
    binary add, 32, 0xFFFFFFFF, 0xFFFFFFFE, 0, 0xFFFFFFFD, CF|AF|SF
    binary add, 32, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFE, CF|AF|SF
    passed
