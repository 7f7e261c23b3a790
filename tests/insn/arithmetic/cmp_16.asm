; CMP r/m16, r16: comparison of corner values, all defined flags
; manual: SDM vol. 2, CMP
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary cmp, 16, 0, 0, 0, 0, PF|ZF
    binary cmp, 16, 0, 1, 0, 0, CF|PF|AF|SF
    binary cmp, 16, 0, 0xF, 0, 0, CF|AF|SF
    binary cmp, 16, 0, 0x10, 0, 0, CF|PF|SF
    binary cmp, 16, 0, 0x7FFF, 0, 0, CF|AF|SF
    binary cmp, 16, 0, 0x8000, 0, 0, CF|PF|SF|OF
    binary cmp, 16, 0, 0xFFFE, 0, 0, CF|AF
    binary cmp, 16, 0, 0xFFFF, 0, 0, CF|AF
    binary cmp, 16, 1, 0, 0, 1, 0
    binary cmp, 16, 1, 1, 0, 1, PF|ZF
    binary cmp, 16, 1, 0xF, 0, 1, CF|AF|SF
    binary cmp, 16, 1, 0x10, 0, 1, CF|SF
    binary cmp, 16, 1, 0x7FFF, 0, 1, CF|AF|SF
    binary cmp, 16, 1, 0x8000, 0, 1, CF|SF|OF
    binary cmp, 16, 1, 0xFFFE, 0, 1, CF|PF|AF
    binary cmp, 16, 1, 0xFFFF, 0, 1, CF|AF
    binary cmp, 16, 0xF, 0, 0, 0xF, PF
    binary cmp, 16, 0xF, 1, 0, 0xF, 0
    binary cmp, 16, 0xF, 0xF, 0, 0xF, PF|ZF
    binary cmp, 16, 0xF, 0x10, 0, 0xF, CF|PF|SF
    binary cmp, 16, 0xF, 0x7FFF, 0, 0xF, CF|SF
    binary cmp, 16, 0xF, 0x8000, 0, 0xF, CF|PF|SF|OF
    binary cmp, 16, 0xF, 0xFFFE, 0, 0xF, CF|PF
    binary cmp, 16, 0xF, 0xFFFF, 0, 0xF, CF
    binary cmp, 16, 0x10, 0, 0, 0x10, 0
    binary cmp, 16, 0x10, 1, 0, 0x10, PF|AF
    binary cmp, 16, 0x10, 0xF, 0, 0x10, AF
    binary cmp, 16, 0x10, 0x10, 0, 0x10, PF|ZF
    binary cmp, 16, 0x10, 0x7FFF, 0, 0x10, CF|PF|AF|SF
    binary cmp, 16, 0x10, 0x8000, 0, 0x10, CF|SF|OF
    binary cmp, 16, 0x10, 0xFFFE, 0, 0x10, CF|PF|AF
    binary cmp, 16, 0x10, 0xFFFF, 0, 0x10, CF|PF|AF
    binary cmp, 16, 0x7FFF, 0, 0, 0x7FFF, PF
    binary cmp, 16, 0x7FFF, 1, 0, 0x7FFF, 0
    binary cmp, 16, 0x7FFF, 0xF, 0, 0x7FFF, PF
    binary cmp, 16, 0x7FFF, 0x10, 0, 0x7FFF, 0
    binary cmp, 16, 0x7FFF, 0x7FFF, 0, 0x7FFF, PF|ZF
    binary cmp, 16, 0x7FFF, 0x8000, 0, 0x7FFF, CF|PF|SF|OF
    binary cmp, 16, 0x7FFF, 0xFFFE, 0, 0x7FFF, CF|SF|OF
    binary cmp, 16, 0x7FFF, 0xFFFF, 0, 0x7FFF, CF|PF|SF|OF
    binary cmp, 16, 0x8000, 0, 0, 0x8000, PF|SF
    binary cmp, 16, 0x8000, 1, 0, 0x8000, PF|AF|OF
    binary cmp, 16, 0x8000, 0xF, 0, 0x8000, AF|OF
    binary cmp, 16, 0x8000, 0x10, 0, 0x8000, PF|OF
    binary cmp, 16, 0x8000, 0x7FFF, 0, 0x8000, AF|OF
    binary cmp, 16, 0x8000, 0x8000, 0, 0x8000, PF|ZF
    binary cmp, 16, 0x8000, 0xFFFE, 0, 0x8000, CF|AF|SF
    binary cmp, 16, 0x8000, 0xFFFF, 0, 0x8000, CF|AF|SF
    binary cmp, 16, 0xFFFE, 0, 0, 0xFFFE, SF
    binary cmp, 16, 0xFFFE, 1, 0, 0xFFFE, SF
    binary cmp, 16, 0xFFFE, 0xF, 0, 0xFFFE, AF|SF
    binary cmp, 16, 0xFFFE, 0x10, 0, 0xFFFE, PF|SF
    binary cmp, 16, 0xFFFE, 0x7FFF, 0, 0xFFFE, PF|AF|OF
    binary cmp, 16, 0xFFFE, 0x8000, 0, 0xFFFE, 0
    binary cmp, 16, 0xFFFE, 0xFFFE, 0, 0xFFFE, PF|ZF
    binary cmp, 16, 0xFFFE, 0xFFFF, 0, 0xFFFE, CF|PF|AF|SF
    binary cmp, 16, 0xFFFF, 0, 0, 0xFFFF, PF|SF
    binary cmp, 16, 0xFFFF, 1, 0, 0xFFFF, SF
    binary cmp, 16, 0xFFFF, 0xF, 0, 0xFFFF, PF|SF
    binary cmp, 16, 0xFFFF, 0x10, 0, 0xFFFF, SF
    binary cmp, 16, 0xFFFF, 0x7FFF, 0, 0xFFFF, PF|SF
    binary cmp, 16, 0xFFFF, 0x8000, 0, 0xFFFF, PF
    binary cmp, 16, 0xFFFF, 0xFFFE, 0, 0xFFFF, 0
    binary cmp, 16, 0xFFFF, 0xFFFF, 0, 0xFFFF, PF|ZF
    passed
