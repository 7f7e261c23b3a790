; SETS: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary sets, 8, 0x55, 0, 0, 0
    unary sets, 8, 0x55, CF, 0, CF
    unary sets, 8, 0x55, ZF, 0, ZF
    unary sets, 8, 0x55, SF, 1, SF
    unary sets, 8, 0x55, OF, 0, OF
    unary sets, 8, 0x55, PF, 0, PF
    unary sets, 8, 0x55, CF|ZF, 0, CF|ZF
    unary sets, 8, 0x55, SF|OF, 1, SF|OF
    unary sets, 8, 0x55, ZF|SF, 1, ZF|SF
    unary sets, 8, 0x55, ZF|OF, 0, ZF|OF
    unary sets, 8, 0x55, ZF|SF|OF, 1, ZF|SF|OF
    unary sets, 8, 0x55, CF|PF|AF|ZF|SF|OF, 1, CF|PF|AF|ZF|SF|OF
    passed
