; SUB r/m16, r16: difference of corner values, all defined flags
; manual: SDM vol. 2, SUB
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary sub, 16, 0, 0, 0, 0, PF|ZF
    binary sub, 16, 0, 1, 0, 0xFFFF, CF|PF|AF|SF
    binary sub, 16, 0, 0xF, 0, 0xFFF1, CF|AF|SF
    binary sub, 16, 0, 0x10, 0, 0xFFF0, CF|PF|SF
    binary sub, 16, 0, 0x7FFF, 0, 0x8001, CF|AF|SF
    binary sub, 16, 0, 0x8000, 0, 0x8000, CF|PF|SF|OF
    binary sub, 16, 0, 0xFFFE, 0, 2, CF|AF
    binary sub, 16, 0, 0xFFFF, 0, 1, CF|AF
    binary sub, 16, 1, 0, 0, 1, 0
    binary sub, 16, 1, 1, 0, 0, PF|ZF
    binary sub, 16, 1, 0xF, 0, 0xFFF2, CF|AF|SF
    binary sub, 16, 1, 0x10, 0, 0xFFF1, CF|SF
    binary sub, 16, 1, 0x7FFF, 0, 0x8002, CF|AF|SF
    binary sub, 16, 1, 0x8000, 0, 0x8001, CF|SF|OF
    binary sub, 16, 1, 0xFFFE, 0, 3, CF|PF|AF
    binary sub, 16, 1, 0xFFFF, 0, 2, CF|AF
    binary sub, 16, 0xF, 0, 0, 0xF, PF
    binary sub, 16, 0xF, 1, 0, 0xE, 0
    binary sub, 16, 0xF, 0xF, 0, 0, PF|ZF
    binary sub, 16, 0xF, 0x10, 0, 0xFFFF, CF|PF|SF
    binary sub, 16, 0xF, 0x7FFF, 0, 0x8010, CF|SF
    binary sub, 16, 0xF, 0x8000, 0, 0x800F, CF|PF|SF|OF
    binary sub, 16, 0xF, 0xFFFE, 0, 0x11, CF|PF
    binary sub, 16, 0xF, 0xFFFF, 0, 0x10, CF
    binary sub, 16, 0x10, 0, 0, 0x10, 0
    binary sub, 16, 0x10, 1, 0, 0xF, PF|AF
    binary sub, 16, 0x10, 0xF, 0, 1, AF
    binary sub, 16, 0x10, 0x10, 0, 0, PF|ZF
    binary sub, 16, 0x10, 0x7FFF, 0, 0x8011, CF|PF|AF|SF
    binary sub, 16, 0x10, 0x8000, 0, 0x8010, CF|SF|OF
    binary sub, 16, 0x10, 0xFFFE, 0, 0x12, CF|PF|AF
    binary sub, 16, 0x10, 0xFFFF, 0, 0x11, CF|PF|AF
    binary sub, 16, 0x7FFF, 0, 0, 0x7FFF, PF
    binary sub, 16, 0x7FFF, 1, 0, 0x7FFE, 0
    binary sub, 16, 0x7FFF, 0xF, 0, 0x7FF0, PF
    binary sub, 16, 0x7FFF, 0x10, 0, 0x7FEF, 0
    binary sub, 16, 0x7FFF, 0x7FFF, 0, 0, PF|ZF
    binary sub, 16, 0x7FFF, 0x8000, 0, 0xFFFF, CF|PF|SF|OF
    binary sub, 16, 0x7FFF, 0xFFFE, 0, 0x8001, CF|SF|OF
    binary sub, 16, 0x7FFF, 0xFFFF, 0, 0x8000, CF|PF|SF|OF
    binary sub, 16, 0x8000, 0, 0, 0x8000, PF|SF
    binary sub, 16, 0x8000, 1, 0, 0x7FFF, PF|AF|OF
    binary sub, 16, 0x8000, 0xF, 0, 0x7FF1, AF|OF
    binary sub, 16, 0x8000, 0x10, 0, 0x7FF0, PF|OF
    binary sub, 16, 0x8000, 0x7FFF, 0, 1, AF|OF
    binary sub, 16, 0x8000, 0x8000, 0, 0, PF|ZF
    binary sub, 16, 0x8000, 0xFFFE, 0, 0x8002, CF|AF|SF
    binary sub, 16, 0x8000, 0xFFFF, 0, 0x8001, CF|AF|SF
    binary sub, 16, 0xFFFE, 0, 0, 0xFFFE, SF
    binary sub, 16, 0xFFFE, 1, 0, 0xFFFD, SF
    binary sub, 16, 0xFFFE, 0xF, 0, 0xFFEF, AF|SF
    binary sub, 16, 0xFFFE, 0x10, 0, 0xFFEE, PF|SF
    binary sub, 16, 0xFFFE, 0x7FFF, 0, 0x7FFF, PF|AF|OF
    binary sub, 16, 0xFFFE, 0x8000, 0, 0x7FFE, 0
    binary sub, 16, 0xFFFE, 0xFFFE, 0, 0, PF|ZF
    binary sub, 16, 0xFFFE, 0xFFFF, 0, 0xFFFF, CF|PF|AF|SF
    binary sub, 16, 0xFFFF, 0, 0, 0xFFFF, PF|SF
    binary sub, 16, 0xFFFF, 1, 0, 0xFFFE, SF
    binary sub, 16, 0xFFFF, 0xF, 0, 0xFFF0, PF|SF
    binary sub, 16, 0xFFFF, 0x10, 0, 0xFFEF, SF
    binary sub, 16, 0xFFFF, 0x7FFF, 0, 0x8000, PF|SF
    binary sub, 16, 0xFFFF, 0x8000, 0, 0x7FFF, PF
    binary sub, 16, 0xFFFF, 0xFFFE, 0, 1, 0
    binary sub, 16, 0xFFFF, 0xFFFF, 0, 0, PF|ZF
    passed
