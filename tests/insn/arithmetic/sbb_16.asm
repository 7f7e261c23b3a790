; SBB r/m16, r16: difference with borrow of corner values, all defined flags
; manual: SDM vol. 2, SBB
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

;          op, width, A, B, flags in, result, flags
    binary sbb, 16, 0, 0, CF, 0xFFFF, CF|PF|AF|SF
    binary sbb, 16, 0, 0xF, CF, 0xFFF0, CF|PF|AF|SF
    binary sbb, 16, 0, 0x7FFF, 0, 0x8001, CF|AF|SF
    binary sbb, 16, 0, 0xFFFE, CF, 1, CF|AF
    binary sbb, 16, 1, 0, CF, 0, PF|ZF
    binary sbb, 16, 1, 0xF, 0, 0xFFF2, CF|AF|SF
    binary sbb, 16, 1, 0x7FFF, CF, 0x8001, CF|AF|SF
    binary sbb, 16, 1, 0xFFFE, CF, 2, CF|AF
    binary sbb, 16, 0xF, 0, 0, 0xF, PF
    binary sbb, 16, 0xF, 0xF, CF, 0xFFFF, CF|PF|AF|SF
    binary sbb, 16, 0xF, 0x7FFF, CF, 0x800F, CF|PF|AF|SF
    binary sbb, 16, 0xF, 0xFFFE, 0, 0x11, CF|PF
    binary sbb, 16, 0x10, 0, CF, 0xF, PF|AF
    binary sbb, 16, 0x10, 0xF, CF, 0, PF|AF|ZF
    binary sbb, 16, 0x10, 0x7FFF, 0, 0x8011, CF|PF|AF|SF
    binary sbb, 16, 0x10, 0xFFFE, CF, 0x11, CF|PF|AF
    binary sbb, 16, 0x7FFF, 0, CF, 0x7FFE, 0
    binary sbb, 16, 0x7FFF, 0xF, 0, 0x7FF0, PF
    binary sbb, 16, 0x7FFF, 0x7FFF, CF, 0xFFFF, CF|PF|AF|SF
    binary sbb, 16, 0x7FFF, 0xFFFE, CF, 0x8000, CF|PF|SF|OF
    binary sbb, 16, 0x8000, 0, 0, 0x8000, PF|SF
    binary sbb, 16, 0x8000, 0xF, CF, 0x7FF0, PF|AF|OF
    binary sbb, 16, 0x8000, 0x7FFF, CF, 0, PF|AF|ZF|OF
    binary sbb, 16, 0x8000, 0xFFFE, 0, 0x8002, CF|AF|SF
    binary sbb, 16, 0xFFFE, 0, CF, 0xFFFD, SF
    binary sbb, 16, 0xFFFE, 0xF, CF, 0xFFEE, PF|AF|SF
    binary sbb, 16, 0xFFFE, 0x7FFF, 0, 0x7FFF, PF|AF|OF
    binary sbb, 16, 0xFFFE, 0xFFFE, CF, 0xFFFF, CF|PF|AF|SF
    binary sbb, 16, 0xFFFF, 0, CF, 0xFFFE, SF
    binary sbb, 16, 0xFFFF, 0xF, 0, 0xFFF0, PF|SF
    binary sbb, 16, 0xFFFF, 0x7FFF, CF, 0x7FFF, PF|AF|OF
    binary sbb, 16, 0xFFFF, 0xFFFE, CF, 0, PF|ZF
    passed
