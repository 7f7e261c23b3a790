; SETA: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary seta, 8, 0x55, 0, 1, 0
    unary seta, 8, 0x55, CF, 0, CF
    unary seta, 8, 0x55, ZF, 0, ZF
    unary seta, 8, 0x55, SF, 1, SF
    unary seta, 8, 0x55, OF, 1, OF
    unary seta, 8, 0x55, PF, 1, PF
    unary seta, 8, 0x55, CF|ZF, 0, CF|ZF
    unary seta, 8, 0x55, SF|OF, 1, SF|OF
    unary seta, 8, 0x55, ZF|SF, 0, ZF|SF
    unary seta, 8, 0x55, ZF|OF, 0, ZF|OF
    unary seta, 8, 0x55, ZF|SF|OF, 0, ZF|SF|OF
    unary seta, 8, 0x55, CF|PF|AF|ZF|SF|OF, 0, CF|PF|AF|ZF|SF|OF
    passed
