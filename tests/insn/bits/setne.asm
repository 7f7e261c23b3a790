; SETNE: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setne, 8, 0x55, 0, 1, 0
    unary setne, 8, 0x55, CF, 1, CF
    unary setne, 8, 0x55, ZF, 0, ZF
    unary setne, 8, 0x55, SF, 1, SF
    unary setne, 8, 0x55, OF, 1, OF
    unary setne, 8, 0x55, PF, 1, PF
    unary setne, 8, 0x55, CF|ZF, 0, CF|ZF
    unary setne, 8, 0x55, SF|OF, 1, SF|OF
    unary setne, 8, 0x55, ZF|SF, 0, ZF|SF
    unary setne, 8, 0x55, ZF|OF, 0, ZF|OF
    unary setne, 8, 0x55, ZF|SF|OF, 0, ZF|SF|OF
    unary setne, 8, 0x55, CF|PF|AF|ZF|SF|OF, 0, CF|PF|AF|ZF|SF|OF
    passed
