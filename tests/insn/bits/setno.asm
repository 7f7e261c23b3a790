; SETNO: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setno, 8, 0x55, 0, 1, 0
    unary setno, 8, 0x55, CF, 1, CF
    unary setno, 8, 0x55, ZF, 1, ZF
    unary setno, 8, 0x55, SF, 1, SF
    unary setno, 8, 0x55, OF, 0, OF
    unary setno, 8, 0x55, PF, 1, PF
    unary setno, 8, 0x55, CF|ZF, 1, CF|ZF
    unary setno, 8, 0x55, SF|OF, 0, SF|OF
    unary setno, 8, 0x55, ZF|SF, 1, ZF|SF
    unary setno, 8, 0x55, ZF|OF, 0, ZF|OF
    unary setno, 8, 0x55, ZF|SF|OF, 0, ZF|SF|OF
    unary setno, 8, 0x55, CF|PF|AF|ZF|SF|OF, 0, CF|PF|AF|ZF|SF|OF
    passed
