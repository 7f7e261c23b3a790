; CMP r/m8, r8: comparison of corner values, all defined flags
; manual: SDM vol. 2, CMP
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary cmp, 8, 0, 0, 0, 0, PF|ZF
    binary cmp, 8, 0, 1, 0, 0, CF|PF|AF|SF
    binary cmp, 8, 0, 0xF, 0, 0, CF|AF|SF
    binary cmp, 8, 0, 0x10, 0, 0, CF|PF|SF
    binary cmp, 8, 0, 0x7F, 0, 0, CF|PF|AF|SF
    binary cmp, 8, 0, 0x80, 0, 0, CF|SF|OF
    binary cmp, 8, 0, 0xFE, 0, 0, CF|AF
    binary cmp, 8, 0, 0xFF, 0, 0, CF|AF
    binary cmp, 8, 1, 0, 0, 1, 0
    binary cmp, 8, 1, 1, 0, 1, PF|ZF
    binary cmp, 8, 1, 0xF, 0, 1, CF|AF|SF
    binary cmp, 8, 1, 0x10, 0, 1, CF|SF
    binary cmp, 8, 1, 0x7F, 0, 1, CF|PF|AF|SF
    binary cmp, 8, 1, 0x80, 0, 1, CF|PF|SF|OF
    binary cmp, 8, 1, 0xFE, 0, 1, CF|PF|AF
    binary cmp, 8, 1, 0xFF, 0, 1, CF|AF
    binary cmp, 8, 0xF, 0, 0, 0xF, PF
    binary cmp, 8, 0xF, 1, 0, 0xF, 0
    binary cmp, 8, 0xF, 0xF, 0, 0xF, PF|ZF
    binary cmp, 8, 0xF, 0x10, 0, 0xF, CF|PF|SF
    binary cmp, 8, 0xF, 0x7F, 0, 0xF, CF|PF|SF
    binary cmp, 8, 0xF, 0x80, 0, 0xF, CF|SF|OF
    binary cmp, 8, 0xF, 0xFE, 0, 0xF, CF|PF
    binary cmp, 8, 0xF, 0xFF, 0, 0xF, CF
    binary cmp, 8, 0x10, 0, 0, 0x10, 0
    binary cmp, 8, 0x10, 1, 0, 0x10, PF|AF
    binary cmp, 8, 0x10, 0xF, 0, 0x10, AF
    binary cmp, 8, 0x10, 0x10, 0, 0x10, PF|ZF
    binary cmp, 8, 0x10, 0x7F, 0, 0x10, CF|AF|SF
    binary cmp, 8, 0x10, 0x80, 0, 0x10, CF|PF|SF|OF
    binary cmp, 8, 0x10, 0xFE, 0, 0x10, CF|PF|AF
    binary cmp, 8, 0x10, 0xFF, 0, 0x10, CF|PF|AF
    binary cmp, 8, 0x7F, 0, 0, 0x7F, 0
    binary cmp, 8, 0x7F, 1, 0, 0x7F, PF
    binary cmp, 8, 0x7F, 0xF, 0, 0x7F, 0
    binary cmp, 8, 0x7F, 0x10, 0, 0x7F, PF
    binary cmp, 8, 0x7F, 0x7F, 0, 0x7F, PF|ZF
    binary cmp, 8, 0x7F, 0x80, 0, 0x7F, CF|PF|SF|OF
    binary cmp, 8, 0x7F, 0xFE, 0, 0x7F, CF|PF|SF|OF
    binary cmp, 8, 0x7F, 0xFF, 0, 0x7F, CF|SF|OF
    binary cmp, 8, 0x80, 0, 0, 0x80, SF
    binary cmp, 8, 0x80, 1, 0, 0x80, AF|OF
    binary cmp, 8, 0x80, 0xF, 0, 0x80, PF|AF|OF
    binary cmp, 8, 0x80, 0x10, 0, 0x80, OF
    binary cmp, 8, 0x80, 0x7F, 0, 0x80, AF|OF
    binary cmp, 8, 0x80, 0x80, 0, 0x80, PF|ZF
    binary cmp, 8, 0x80, 0xFE, 0, 0x80, CF|PF|AF|SF
    binary cmp, 8, 0x80, 0xFF, 0, 0x80, CF|PF|AF|SF
    binary cmp, 8, 0xFE, 0, 0, 0xFE, SF
    binary cmp, 8, 0xFE, 1, 0, 0xFE, SF
    binary cmp, 8, 0xFE, 0xF, 0, 0xFE, AF|SF
    binary cmp, 8, 0xFE, 0x10, 0, 0xFE, PF|SF
    binary cmp, 8, 0xFE, 0x7F, 0, 0xFE, AF|OF
    binary cmp, 8, 0xFE, 0x80, 0, 0xFE, PF
    binary cmp, 8, 0xFE, 0xFE, 0, 0xFE, PF|ZF
    binary cmp, 8, 0xFE, 0xFF, 0, 0xFE, CF|PF|AF|SF
    binary cmp, 8, 0xFF, 0, 0, 0xFF, PF|SF
    binary cmp, 8, 0xFF, 1, 0, 0xFF, SF
    binary cmp, 8, 0xFF, 0xF, 0, 0xFF, PF|SF
    binary cmp, 8, 0xFF, 0x10, 0, 0xFF, SF
    binary cmp, 8, 0xFF, 0x7F, 0, 0xFF, SF
    binary cmp, 8, 0xFF, 0x80, 0, 0xFF, 0
    binary cmp, 8, 0xFF, 0xFE, 0, 0xFF, 0
    binary cmp, 8, 0xFF, 0xFF, 0, 0xFF, PF|ZF
    passed
