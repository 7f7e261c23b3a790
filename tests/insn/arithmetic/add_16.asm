; ADD r/m16, r16: sum of corner values, all defined flags
; manual: SDM vol. 2, ADD
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary add, 16, 0, 0, 0, 0, PF|ZF
    binary add, 16, 0, 1, 0, 1, 0
    binary add, 16, 0, 0xF, 0, 0xF, PF
    binary add, 16, 0, 0x10, 0, 0x10, 0
    binary add, 16, 0, 0x7FFF, 0, 0x7FFF, PF
    binary add, 16, 0, 0x8000, 0, 0x8000, PF|SF
    binary add, 16, 0, 0xFFFE, 0, 0xFFFE, SF
    binary add, 16, 0, 0xFFFF, 0, 0xFFFF, PF|SF
    binary add, 16, 1, 0, 0, 1, 0
    binary add, 16, 1, 1, 0, 2, 0
    binary add, 16, 1, 0xF, 0, 0x10, AF
    binary add, 16, 1, 0x10, 0, 0x11, PF
    binary add, 16, 1, 0x7FFF, 0, 0x8000, PF|AF|SF|OF
    binary add, 16, 1, 0x8000, 0, 0x8001, SF
    binary add, 16, 1, 0xFFFE, 0, 0xFFFF, PF|SF
    binary add, 16, 1, 0xFFFF, 0, 0, CF|PF|AF|ZF
    binary add, 16, 0xF, 0, 0, 0xF, PF
    binary add, 16, 0xF, 1, 0, 0x10, AF
    binary add, 16, 0xF, 0xF, 0, 0x1E, PF|AF
    binary add, 16, 0xF, 0x10, 0, 0x1F, 0
    binary add, 16, 0xF, 0x7FFF, 0, 0x800E, AF|SF|OF
    binary add, 16, 0xF, 0x8000, 0, 0x800F, PF|SF
    binary add, 16, 0xF, 0xFFFE, 0, 0xD, CF|AF
    binary add, 16, 0xF, 0xFFFF, 0, 0xE, CF|AF
    binary add, 16, 0x10, 0, 0, 0x10, 0
    binary add, 16, 0x10, 1, 0, 0x11, PF
    binary add, 16, 0x10, 0xF, 0, 0x1F, 0
    binary add, 16, 0x10, 0x10, 0, 0x20, 0
    binary add, 16, 0x10, 0x7FFF, 0, 0x800F, PF|SF|OF
    binary add, 16, 0x10, 0x8000, 0, 0x8010, SF
    binary add, 16, 0x10, 0xFFFE, 0, 0xE, CF
    binary add, 16, 0x10, 0xFFFF, 0, 0xF, CF|PF
    binary add, 16, 0x7FFF, 0, 0, 0x7FFF, PF
    binary add, 16, 0x7FFF, 1, 0, 0x8000, PF|AF|SF|OF
    binary add, 16, 0x7FFF, 0xF, 0, 0x800E, AF|SF|OF
    binary add, 16, 0x7FFF, 0x10, 0, 0x800F, PF|SF|OF
    binary add, 16, 0x7FFF, 0x7FFF, 0, 0xFFFE, AF|SF|OF
    binary add, 16, 0x7FFF, 0x8000, 0, 0xFFFF, PF|SF
    binary add, 16, 0x7FFF, 0xFFFE, 0, 0x7FFD, CF|AF
    binary add, 16, 0x7FFF, 0xFFFF, 0, 0x7FFE, CF|AF
    binary add, 16, 0x8000, 0, 0, 0x8000, PF|SF
    binary add, 16, 0x8000, 1, 0, 0x8001, SF
    binary add, 16, 0x8000, 0xF, 0, 0x800F, PF|SF
    binary add, 16, 0x8000, 0x10, 0, 0x8010, SF
    binary add, 16, 0x8000, 0x7FFF, 0, 0xFFFF, PF|SF
    binary add, 16, 0x8000, 0x8000, 0, 0, CF|PF|ZF|OF
    binary add, 16, 0x8000, 0xFFFE, 0, 0x7FFE, CF|OF
    binary add, 16, 0x8000, 0xFFFF, 0, 0x7FFF, CF|PF|OF
    binary add, 16, 0xFFFE, 0, 0, 0xFFFE, SF
    binary add, 16, 0xFFFE, 1, 0, 0xFFFF, PF|SF
    binary add, 16, 0xFFFE, 0xF, 0, 0xD, CF|AF
    binary add, 16, 0xFFFE, 0x10, 0, 0xE, CF
    binary add, 16, 0xFFFE, 0x7FFF, 0, 0x7FFD, CF|AF
    binary add, 16, 0xFFFE, 0x8000, 0, 0x7FFE, CF|OF
    binary add, 16, 0xFFFE, 0xFFFE, 0, 0xFFFC, CF|PF|AF|SF
    binary add, 16, 0xFFFE, 0xFFFF, 0, 0xFFFD, CF|AF|SF
    binary add, 16, 0xFFFF, 0, 0, 0xFFFF, PF|SF
    binary add, 16, 0xFFFF, 1, 0, 0, CF|PF|AF|ZF
    binary add, 16, 0xFFFF, 0xF, 0, 0xE, CF|AF
    binary add, 16, 0xFFFF, 0x10, 0, 0xF, CF|PF
    binary add, 16, 0xFFFF, 0x7FFF, 0, 0x7FFE, CF|AF
    binary add, 16, 0xFFFF, 0x8000, 0, 0x7FFF, CF|PF|OF
    binary add, 16, 0xFFFF, 0xFFFE, 0, 0xFFFD, CF|AF|SF
    binary add, 16, 0xFFFF, 0xFFFF, 0, 0xFFFE, CF|AF|SF
    passed
