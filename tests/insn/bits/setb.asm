; SETB: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setb, 8, 0x55, 0, 0, 0
    unary setb, 8, 0x55, CF, 1, CF
    unary setb, 8, 0x55, ZF, 0, ZF
    unary setb, 8, 0x55, SF, 0, SF
    unary setb, 8, 0x55, OF, 0, OF
    unary setb, 8, 0x55, PF, 0, PF
    unary setb, 8, 0x55, CF|ZF, 1, CF|ZF
    unary setb, 8, 0x55, SF|OF, 0, SF|OF
    unary setb, 8, 0x55, ZF|SF, 0, ZF|SF
    unary setb, 8, 0x55, ZF|OF, 0, ZF|OF
    unary setb, 8, 0x55, ZF|SF|OF, 0, ZF|SF|OF
    unary setb, 8, 0x55, CF|PF|AF|ZF|SF|OF, 1, CF|PF|AF|ZF|SF|OF
    passed
