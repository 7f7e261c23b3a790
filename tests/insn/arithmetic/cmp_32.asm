; CMP r/m32, r32: comparison of corner values, all defined flags
; manual: SDM vol. 2, CMP
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary cmp, 32, 0, 0, 0, 0, PF|ZF
    binary cmp, 32, 0, 1, 0, 0, CF|PF|AF|SF
    binary cmp, 32, 0, 0xF, 0, 0, CF|AF|SF
    binary cmp, 32, 0, 0x10, 0, 0, CF|PF|SF
    binary cmp, 32, 0, 0x7FFFFFFF, 0, 0, CF|AF|SF
    binary cmp, 32, 0, 0x80000000, 0, 0, CF|PF|SF|OF
    binary cmp, 32, 0, 0xFFFFFFFE, 0, 0, CF|AF
    binary cmp, 32, 0, 0xFFFFFFFF, 0, 0, CF|AF
    binary cmp, 32, 1, 0, 0, 1, 0
    binary cmp, 32, 1, 1, 0, 1, PF|ZF
    binary cmp, 32, 1, 0xF, 0, 1, CF|AF|SF
    binary cmp, 32, 1, 0x10, 0, 1, CF|SF
    binary cmp, 32, 1, 0x7FFFFFFF, 0, 1, CF|AF|SF
    binary cmp, 32, 1, 0x80000000, 0, 1, CF|SF|OF
    binary cmp, 32, 1, 0xFFFFFFFE, 0, 1, CF|PF|AF
    binary cmp, 32, 1, 0xFFFFFFFF, 0, 1, CF|AF
    binary cmp, 32, 0xF, 0, 0, 0xF, PF
    binary cmp, 32, 0xF, 1, 0, 0xF, 0
    binary cmp, 32, 0xF, 0xF, 0, 0xF, PF|ZF
    binary cmp, 32, 0xF, 0x10, 0, 0xF, CF|PF|SF
    binary cmp, 32, 0xF, 0x7FFFFFFF, 0, 0xF, CF|SF
    binary cmp, 32, 0xF, 0x80000000, 0, 0xF, CF|PF|SF|OF
    binary cmp, 32, 0xF, 0xFFFFFFFE, 0, 0xF, CF|PF
    binary cmp, 32, 0xF, 0xFFFFFFFF, 0, 0xF, CF
    binary cmp, 32, 0x10, 0, 0, 0x10, 0
    binary cmp, 32, 0x10, 1, 0, 0x10, PF|AF
    binary cmp, 32, 0x10, 0xF, 0, 0x10, AF
    binary cmp, 32, 0x10, 0x10, 0, 0x10, PF|ZF
    binary cmp, 32, 0x10, 0x7FFFFFFF, 0, 0x10, CF|PF|AF|SF
    binary cmp, 32, 0x10, 0x80000000, 0, 0x10, CF|SF|OF
    binary cmp, 32, 0x10, 0xFFFFFFFE, 0, 0x10, CF|PF|AF
    binary cmp, 32, 0x10, 0xFFFFFFFF, 0, 0x10, CF|PF|AF
    binary cmp, 32, 0x7FFFFFFF, 0, 0, 0x7FFFFFFF, PF
    binary cmp, 32, 0x7FFFFFFF, 1, 0, 0x7FFFFFFF, 0
    binary cmp, 32, 0x7FFFFFFF, 0xF, 0, 0x7FFFFFFF, PF
    binary cmp, 32, 0x7FFFFFFF, 0x10, 0, 0x7FFFFFFF, 0
    binary cmp, 32, 0x7FFFFFFF, 0x7FFFFFFF, 0, 0x7FFFFFFF, PF|ZF
    binary cmp, 32, 0x7FFFFFFF, 0x80000000, 0, 0x7FFFFFFF, CF|PF|SF|OF
    binary cmp, 32, 0x7FFFFFFF, 0xFFFFFFFE, 0, 0x7FFFFFFF, CF|SF|OF
    binary cmp, 32, 0x7FFFFFFF, 0xFFFFFFFF, 0, 0x7FFFFFFF, CF|PF|SF|OF
    binary cmp, 32, 0x80000000, 0, 0, 0x80000000, PF|SF
    binary cmp, 32, 0x80000000, 1, 0, 0x80000000, PF|AF|OF
    binary cmp, 32, 0x80000000, 0xF, 0, 0x80000000, AF|OF
    binary cmp, 32, 0x80000000, 0x10, 0, 0x80000000, PF|OF
    binary cmp, 32, 0x80000000, 0x7FFFFFFF, 0, 0x80000000, AF|OF
    binary cmp, 32, 0x80000000, 0x80000000, 0, 0x80000000, PF|ZF
    binary cmp, 32, 0x80000000, 0xFFFFFFFE, 0, 0x80000000, CF|AF|SF
    binary cmp, 32, 0x80000000, 0xFFFFFFFF, 0, 0x80000000, CF|AF|SF
    binary cmp, 32, 0xFFFFFFFE, 0, 0, 0xFFFFFFFE, SF
    binary cmp, 32, 0xFFFFFFFE, 1, 0, 0xFFFFFFFE, SF
    binary cmp, 32, 0xFFFFFFFE, 0xF, 0, 0xFFFFFFFE, AF|SF
    binary cmp, 32, 0xFFFFFFFE, 0x10, 0, 0xFFFFFFFE, PF|SF
    binary cmp, 32, 0xFFFFFFFE, 0x7FFFFFFF, 0, 0xFFFFFFFE, PF|AF|OF
    binary cmp, 32, 0xFFFFFFFE, 0x80000000, 0, 0xFFFFFFFE, 0
    binary cmp, 32, 0xFFFFFFFE, 0xFFFFFFFE, 0, 0xFFFFFFFE, PF|ZF
    binary cmp, 32, 0xFFFFFFFE, 0xFFFFFFFF, 0, 0xFFFFFFFE, CF|PF|AF|SF
    binary cmp, 32, 0xFFFFFFFF, 0, 0, 0xFFFFFFFF, PF|SF
    binary cmp, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFF, SF
    binary cmp, 32, 0xFFFFFFFF, 0xF, 0, 0xFFFFFFFF, PF|SF
    binary cmp, 32, 0xFFFFFFFF, 0x10, 0, 0xFFFFFFFF, SF
    binary cmp, 32, 0xFFFFFFFF, 0x7FFFFFFF, 0, 0xFFFFFFFF, PF|SF
    binary cmp, 32, 0xFFFFFFFF, 0x80000000, 0, 0xFFFFFFFF, PF
    binary cmp, 32, 0xFFFFFFFF, 0xFFFFFFFE, 0, 0xFFFFFFFF, 0
    binary cmp, 32, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFF, PF|ZF
    passed
