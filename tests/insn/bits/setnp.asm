; SETNP: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary setnp, 8, 0x55, 0, 1, 0
    unary setnp, 8, 0x55, CF, 1, CF
    unary setnp, 8, 0x55, ZF, 1, ZF
    unary setnp, 8, 0x55, SF, 1, SF
    unary setnp, 8, 0x55, OF, 1, OF
    unary setnp, 8, 0x55, PF, 0, PF
    unary setnp, 8, 0x55, CF|ZF, 1, CF|ZF
    unary setnp, 8, 0x55, SF|OF, 1, SF|OF
    unary setnp, 8, 0x55, ZF|SF, 1, ZF|SF
    unary setnp, 8, 0x55, ZF|OF, 1, ZF|OF
    unary setnp, 8, 0x55, ZF|SF|OF, 1, ZF|SF|OF
    unary setnp, 8, 0x55, CF|PF|AF|ZF|SF|OF, 0, CF|PF|AF|ZF|SF|OF
    passed
