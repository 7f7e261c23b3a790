; SETGE: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setge, 8, 0x55, 0, 1, 0
    unary setge, 8, 0x55, CF, 1, CF
    unary setge, 8, 0x55, ZF, 1, ZF
    unary setge, 8, 0x55, SF, 0, SF
    unary setge, 8, 0x55, OF, 0, OF
    unary setge, 8, 0x55, PF, 1, PF
    unary setge, 8, 0x55, CF|ZF, 1, CF|ZF
    unary setge, 8, 0x55, SF|OF, 1, SF|OF
    unary setge, 8, 0x55, ZF|SF, 0, ZF|SF
    unary setge, 8, 0x55, ZF|OF, 0, ZF|OF
    unary setge, 8, 0x55, ZF|SF|OF, 1, ZF|SF|OF
    unary setge, 8, 0x55, CF|PF|AF|ZF|SF|OF, 1, CF|PF|AF|ZF|SF|OF
    passed
