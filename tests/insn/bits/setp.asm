; SETP: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setp, 8, 0x55, 0, 0, 0
    unary setp, 8, 0x55, CF, 0, CF
    unary setp, 8, 0x55, ZF, 0, ZF
    unary setp, 8, 0x55, SF, 0, SF
    unary setp, 8, 0x55, OF, 0, OF
    unary setp, 8, 0x55, PF, 1, PF
    unary setp, 8, 0x55, CF|ZF, 0, CF|ZF
    unary setp, 8, 0x55, SF|OF, 0, SF|OF
    unary setp, 8, 0x55, ZF|SF, 0, ZF|SF
    unary setp, 8, 0x55, ZF|OF, 0, ZF|OF
    unary setp, 8, 0x55, ZF|SF|OF, 0, ZF|SF|OF
    unary setp, 8, 0x55, CF|PF|AF|ZF|SF|OF, 1, CF|PF|AF|ZF|SF|OF
    passed
