; SETNS: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setns, 8, 0x55, 0, 1, 0
    unary setns, 8, 0x55, CF, 1, CF
    unary setns, 8, 0x55, ZF, 1, ZF
    unary setns, 8, 0x55, SF, 0, SF
    unary setns, 8, 0x55, OF, 1, OF
    unary setns, 8, 0x55, PF, 1, PF
    unary setns, 8, 0x55, CF|ZF, 1, CF|ZF
    unary setns, 8, 0x55, SF|OF, 0, SF|OF
    unary setns, 8, 0x55, ZF|SF, 0, ZF|SF
    unary setns, 8, 0x55, ZF|OF, 1, ZF|OF
    unary setns, 8, 0x55, ZF|SF|OF, 0, ZF|SF|OF
    unary setns, 8, 0x55, CF|PF|AF|ZF|SF|OF, 0, CF|PF|AF|ZF|SF|OF
    passed
