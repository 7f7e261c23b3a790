; IMUL r32, r/m32: truncated product
; manual: SDM vol. 2A, IMUL
; undefined: pf af zf sf
; expect: eax=0
%include "user.inc"
; CF and OF: the product does not fit
checked equ CF|OF

    binary imul, 32, 0, 0, 0, 0, 0
    binary imul, 32, 0, 1, 0, 0, 0
    binary imul, 32, 0, 2, 0, 0, 0
    binary imul, 32, 0, 0x7F, 0, 0, 0
    binary imul, 32, 0, 0x7FFFFFFF, 0, 0, 0
    binary imul, 32, 0, 0x80000000, 0, 0, 0
    binary imul, 32, 0, 0xFFFFFFFE, 0, 0, 0
    binary imul, 32, 0, 0xFFFFFFFF, 0, 0, 0
    binary imul, 32, 1, 0, 0, 0, 0
    binary imul, 32, 1, 1, 0, 1, 0
    binary imul, 32, 1, 2, 0, 2, 0
    binary imul, 32, 1, 0x7F, 0, 0x7F, 0
    binary imul, 32, 1, 0x7FFFFFFF, 0, 0x7FFFFFFF, 0
    binary imul, 32, 1, 0x80000000, 0, 0x80000000, 0
    binary imul, 32, 1, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    binary imul, 32, 1, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0
    binary imul, 32, 2, 0, 0, 0, 0
    binary imul, 32, 2, 1, 0, 2, 0
    binary imul, 32, 2, 2, 0, 4, 0
    binary imul, 32, 2, 0x7F, 0, 0xFE, 0
    binary imul, 32, 2, 0x7FFFFFFF, 0, 0xFFFFFFFE, CF|OF
    binary imul, 32, 2, 0x80000000, 0, 0, CF|OF
    binary imul, 32, 2, 0xFFFFFFFE, 0, 0xFFFFFFFC, 0
    binary imul, 32, 2, 0xFFFFFFFF, 0, 0xFFFFFFFE, 0
    binary imul, 32, 0x7F, 0, 0, 0, 0
    binary imul, 32, 0x7F, 1, 0, 0x7F, 0
    binary imul, 32, 0x7F, 2, 0, 0xFE, 0
    binary imul, 32, 0x7F, 0x7F, 0, 0x3F01, 0
    binary imul, 32, 0x7F, 0x7FFFFFFF, 0, 0x7FFFFF81, CF|OF
    binary imul, 32, 0x7F, 0x80000000, 0, 0x80000000, CF|OF
    binary imul, 32, 0x7F, 0xFFFFFFFE, 0, 0xFFFFFF02, 0
    binary imul, 32, 0x7F, 0xFFFFFFFF, 0, 0xFFFFFF81, 0
    binary imul, 32, 0x7FFFFFFF, 0, 0, 0, 0
    binary imul, 32, 0x7FFFFFFF, 1, 0, 0x7FFFFFFF, 0
    binary imul, 32, 0x7FFFFFFF, 2, 0, 0xFFFFFFFE, CF|OF
    binary imul, 32, 0x7FFFFFFF, 0x7F, 0, 0x7FFFFF81, CF|OF
    binary imul, 32, 0x7FFFFFFF, 0x7FFFFFFF, 0, 1, CF|OF
    binary imul, 32, 0x7FFFFFFF, 0x80000000, 0, 0x80000000, CF|OF
    binary imul, 32, 0x7FFFFFFF, 0xFFFFFFFE, 0, 2, CF|OF
    binary imul, 32, 0x7FFFFFFF, 0xFFFFFFFF, 0, 0x80000001, 0
    binary imul, 32, 0x80000000, 0, 0, 0, 0
    binary imul, 32, 0x80000000, 1, 0, 0x80000000, 0
    binary imul, 32, 0x80000000, 2, 0, 0, CF|OF
    binary imul, 32, 0x80000000, 0x7F, 0, 0x80000000, CF|OF
    binary imul, 32, 0x80000000, 0x7FFFFFFF, 0, 0x80000000, CF|OF
    binary imul, 32, 0x80000000, 0x80000000, 0, 0, CF|OF
    binary imul, 32, 0x80000000, 0xFFFFFFFE, 0, 0, CF|OF
    binary imul, 32, 0x80000000, 0xFFFFFFFF, 0, 0x80000000, CF|OF
    binary imul, 32, 0xFFFFFFFE, 0, 0, 0, 0
    binary imul, 32, 0xFFFFFFFE, 1, 0, 0xFFFFFFFE, 0
    binary imul, 32, 0xFFFFFFFE, 2, 0, 0xFFFFFFFC, 0
    binary imul, 32, 0xFFFFFFFE, 0x7F, 0, 0xFFFFFF02, 0
    binary imul, 32, 0xFFFFFFFE, 0x7FFFFFFF, 0, 2, CF|OF
    binary imul, 32, 0xFFFFFFFE, 0x80000000, 0, 0, CF|OF
    binary imul, 32, 0xFFFFFFFE, 0xFFFFFFFE, 0, 4, 0
    binary imul, 32, 0xFFFFFFFE, 0xFFFFFFFF, 0, 2, 0
    binary imul, 32, 0xFFFFFFFF, 0, 0, 0, 0
    binary imul, 32, 0xFFFFFFFF, 1, 0, 0xFFFFFFFF, 0
    binary imul, 32, 0xFFFFFFFF, 2, 0, 0xFFFFFFFE, 0
    binary imul, 32, 0xFFFFFFFF, 0x7F, 0, 0xFFFFFF81, 0
    binary imul, 32, 0xFFFFFFFF, 0x7FFFFFFF, 0, 0x80000001, 0
    binary imul, 32, 0xFFFFFFFF, 0x80000000, 0, 0x80000000, CF|OF
    binary imul, 32, 0xFFFFFFFF, 0xFFFFFFFE, 0, 2, 0
    binary imul, 32, 0xFFFFFFFF, 0xFFFFFFFF, 0, 1, 0
    passed
