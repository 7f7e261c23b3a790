; SETBE: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setbe, 8, 0x55, 0, 0, 0
    unary setbe, 8, 0x55, CF, 1, CF
    unary setbe, 8, 0x55, ZF, 1, ZF
    unary setbe, 8, 0x55, SF, 0, SF
    unary setbe, 8, 0x55, OF, 0, OF
    unary setbe, 8, 0x55, PF, 0, PF
    unary setbe, 8, 0x55, CF|ZF, 1, CF|ZF
    unary setbe, 8, 0x55, SF|OF, 0, SF|OF
    unary setbe, 8, 0x55, ZF|SF, 1, ZF|SF
    unary setbe, 8, 0x55, ZF|OF, 1, ZF|OF
    unary setbe, 8, 0x55, ZF|SF|OF, 1, ZF|SF|OF
    unary setbe, 8, 0x55, CF|PF|AF|ZF|SF|OF, 1, CF|PF|AF|ZF|SF|OF
    passed
