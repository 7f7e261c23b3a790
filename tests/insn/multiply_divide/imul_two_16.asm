; IMUL r16, r/m16: truncated product
; manual: SDM vol. 2A, IMUL
; undefined: pf af zf sf
; expect: eax=0
%include "user.inc"
; CF and OF: the product does not fit
checked equ CF|OF

    binary imul, 16, 0, 0, 0, 0, 0
    binary imul, 16, 0, 1, 0, 0, 0
    binary imul, 16, 0, 2, 0, 0, 0
    binary imul, 16, 0, 0x7F, 0, 0, 0
    binary imul, 16, 0, 0x7FFF, 0, 0, 0
    binary imul, 16, 0, 0x8000, 0, 0, 0
    binary imul, 16, 0, 0xFFFE, 0, 0, 0
    binary imul, 16, 0, 0xFFFF, 0, 0, 0
    binary imul, 16, 1, 0, 0, 0, 0
    binary imul, 16, 1, 1, 0, 1, 0
    binary imul, 16, 1, 2, 0, 2, 0
    binary imul, 16, 1, 0x7F, 0, 0x7F, 0
    binary imul, 16, 1, 0x7FFF, 0, 0x7FFF, 0
    binary imul, 16, 1, 0x8000, 0, 0x8000, 0
    binary imul, 16, 1, 0xFFFE, 0, 0xFFFE, 0
    binary imul, 16, 1, 0xFFFF, 0, 0xFFFF, 0
    binary imul, 16, 2, 0, 0, 0, 0
    binary imul, 16, 2, 1, 0, 2, 0
    binary imul, 16, 2, 2, 0, 4, 0
    binary imul, 16, 2, 0x7F, 0, 0xFE, 0
    binary imul, 16, 2, 0x7FFF, 0, 0xFFFE, CF|OF
    binary imul, 16, 2, 0x8000, 0, 0, CF|OF
    binary imul, 16, 2, 0xFFFE, 0, 0xFFFC, 0
    binary imul, 16, 2, 0xFFFF, 0, 0xFFFE, 0
    binary imul, 16, 0x7F, 0, 0, 0, 0
    binary imul, 16, 0x7F, 1, 0, 0x7F, 0
    binary imul, 16, 0x7F, 2, 0, 0xFE, 0
    binary imul, 16, 0x7F, 0x7F, 0, 0x3F01, 0
    binary imul, 16, 0x7F, 0x7FFF, 0, 0x7F81, CF|OF
    binary imul, 16, 0x7F, 0x8000, 0, 0x8000, CF|OF
    binary imul, 16, 0x7F, 0xFFFE, 0, 0xFF02, 0
    binary imul, 16, 0x7F, 0xFFFF, 0, 0xFF81, 0
    binary imul, 16, 0x7FFF, 0, 0, 0, 0
    binary imul, 16, 0x7FFF, 1, 0, 0x7FFF, 0
    binary imul, 16, 0x7FFF, 2, 0, 0xFFFE, CF|OF
    binary imul, 16, 0x7FFF, 0x7F, 0, 0x7F81, CF|OF
    binary imul, 16, 0x7FFF, 0x7FFF, 0, 1, CF|OF
    binary imul, 16, 0x7FFF, 0x8000, 0, 0x8000, CF|OF
    binary imul, 16, 0x7FFF, 0xFFFE, 0, 2, CF|OF
    binary imul, 16, 0x7FFF, 0xFFFF, 0, 0x8001, 0
    binary imul, 16, 0x8000, 0, 0, 0, 0
    binary imul, 16, 0x8000, 1, 0, 0x8000, 0
    binary imul, 16, 0x8000, 2, 0, 0, CF|OF
    binary imul, 16, 0x8000, 0x7F, 0, 0x8000, CF|OF
    binary imul, 16, 0x8000, 0x7FFF, 0, 0x8000, CF|OF
    binary imul, 16, 0x8000, 0x8000, 0, 0, CF|OF
    binary imul, 16, 0x8000, 0xFFFE, 0, 0, CF|OF
    binary imul, 16, 0x8000, 0xFFFF, 0, 0x8000, CF|OF
    binary imul, 16, 0xFFFE, 0, 0, 0, 0
    binary imul, 16, 0xFFFE, 1, 0, 0xFFFE, 0
    binary imul, 16, 0xFFFE, 2, 0, 0xFFFC, 0
    binary imul, 16, 0xFFFE, 0x7F, 0, 0xFF02, 0
    binary imul, 16, 0xFFFE, 0x7FFF, 0, 2, CF|OF
    binary imul, 16, 0xFFFE, 0x8000, 0, 0, CF|OF
    binary imul, 16, 0xFFFE, 0xFFFE, 0, 4, 0
    binary imul, 16, 0xFFFE, 0xFFFF, 0, 2, 0
    binary imul, 16, 0xFFFF, 0, 0, 0, 0
    binary imul, 16, 0xFFFF, 1, 0, 0xFFFF, 0
    binary imul, 16, 0xFFFF, 2, 0, 0xFFFE, 0
    binary imul, 16, 0xFFFF, 0x7F, 0, 0xFF81, 0
    binary imul, 16, 0xFFFF, 0x7FFF, 0, 0x8001, 0
    binary imul, 16, 0xFFFF, 0x8000, 0, 0x8000, CF|OF
    binary imul, 16, 0xFFFF, 0xFFFE, 0, 2, 0
    binary imul, 16, 0xFFFF, 0xFFFF, 0, 1, 0
    passed
