; SETO: the condition by every flag that it looks at
; manual: SDM vol. 2B, SETcc; vol. 1, appendix B
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    unary seto, 8, 0x55, 0, 0, 0
    unary seto, 8, 0x55, CF, 0, CF
    unary seto, 8, 0x55, ZF, 0, ZF
    unary seto, 8, 0x55, SF, 0, SF
    unary seto, 8, 0x55, OF, 1, OF
    unary seto, 8, 0x55, PF, 0, PF
    unary seto, 8, 0x55, CF|ZF, 0, CF|ZF
    unary seto, 8, 0x55, SF|OF, 1, SF|OF
    unary seto, 8, 0x55, ZF|SF, 0, ZF|SF
    unary seto, 8, 0x55, ZF|OF, 1, ZF|OF
    unary seto, 8, 0x55, ZF|SF|OF, 1, ZF|SF|OF
    unary seto, 8, 0x55, CF|PF|AF|ZF|SF|OF, 1, CF|PF|AF|ZF|SF|OF
    passed
