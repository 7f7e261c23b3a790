; MUL r/m32: the double-width product
; manual: SDM vol. 2, MUL
; undefined: pf af zf sf
; expect: eax=0
%include "user.inc"
; CF and OF: the upper half is more than an extension; the others are undefined
checked equ CF|OF

;        op, width, high, low, B, high result, low result, flags
    wide mul, 32, 0x77, 0, 0, 0, 0, 0
    wide mul, 32, 0x77, 0, 2, 0, 0, 0
    wide mul, 32, 0x77, 0, 0x7FFFFFFF, 0, 0, 0
    wide mul, 32, 0x77, 0, 0xFFFFFFFE, 0, 0, 0
    wide mul, 32, 0x77, 0, 0xFFFFFFFF, 0, 0, 0
    wide mul, 32, 0x77, 1, 0, 0, 0, 0
    wide mul, 32, 0x77, 1, 2, 0, 2, 0
    wide mul, 32, 0x77, 1, 0x7FFFFFFF, 0, 0x7FFFFFFF, 0
    wide mul, 32, 0x77, 1, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    wide mul, 32, 0x77, 1, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0
    wide mul, 32, 0x77, 2, 0, 0, 0, 0
    wide mul, 32, 0x77, 2, 2, 0, 4, 0
    wide mul, 32, 0x77, 2, 0x7FFFFFFF, 0, 0xFFFFFFFE, 0
    wide mul, 32, 0x77, 2, 0xFFFFFFFE, 1, 0xFFFFFFFC, CF|OF
    wide mul, 32, 0x77, 2, 0xFFFFFFFF, 1, 0xFFFFFFFE, CF|OF
    wide mul, 32, 0x77, 0x7F, 0, 0, 0, 0
    wide mul, 32, 0x77, 0x7F, 2, 0, 0xFE, 0
    wide mul, 32, 0x77, 0x7F, 0x7FFFFFFF, 0x3F, 0x7FFFFF81, CF|OF
    wide mul, 32, 0x77, 0x7F, 0xFFFFFFFE, 0x7E, 0xFFFFFF02, CF|OF
    wide mul, 32, 0x77, 0x7F, 0xFFFFFFFF, 0x7E, 0xFFFFFF81, CF|OF
    wide mul, 32, 0x77, 0x7FFFFFFF, 0, 0, 0, 0
    wide mul, 32, 0x77, 0x7FFFFFFF, 2, 0, 0xFFFFFFFE, 0
    wide mul, 32, 0x77, 0x7FFFFFFF, 0x7FFFFFFF, 0x3FFFFFFF, 1, CF|OF
    wide mul, 32, 0x77, 0x7FFFFFFF, 0xFFFFFFFE, 0x7FFFFFFE, 2, CF|OF
    wide mul, 32, 0x77, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFE, 0x80000001, CF|OF
    wide mul, 32, 0x77, 0x80000000, 0, 0, 0, 0
    wide mul, 32, 0x77, 0x80000000, 2, 1, 0, CF|OF
    wide mul, 32, 0x77, 0x80000000, 0x7FFFFFFF, 0x3FFFFFFF, 0x80000000, CF|OF
    wide mul, 32, 0x77, 0x80000000, 0xFFFFFFFE, 0x7FFFFFFF, 0, CF|OF
    wide mul, 32, 0x77, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFE, 0, 0, 0, 0
    wide mul, 32, 0x77, 0xFFFFFFFE, 2, 1, 0xFFFFFFFC, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFE, 0x7FFFFFFF, 0x7FFFFFFE, 2, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFC, 4, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 2, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFF, 0, 0, 0, 0
    wide mul, 32, 0x77, 0xFFFFFFFF, 2, 1, 0xFFFFFFFE, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFFFFE, 0x80000001, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 2, CF|OF
    wide mul, 32, 0x77, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 1, CF|OF
    passed
