; CMOVP r16 and r32
; manual: SDM vol. 2A, CMOVcc
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    binary cmovp, 16, 0x1111, 0x2222, 0, 0x1111, 0
    binary cmovp, 32, 0x11111111, 0x22222222, 0, 0x11111111, 0
    binary cmovp, 16, 0x1111, 0x2222, CF, 0x1111, CF
    binary cmovp, 32, 0x11111111, 0x22222222, CF, 0x11111111, CF
    binary cmovp, 16, 0x1111, 0x2222, ZF, 0x1111, ZF
    binary cmovp, 32, 0x11111111, 0x22222222, ZF, 0x11111111, ZF
    binary cmovp, 16, 0x1111, 0x2222, SF, 0x1111, SF
    binary cmovp, 32, 0x11111111, 0x22222222, SF, 0x11111111, SF
    binary cmovp, 16, 0x1111, 0x2222, OF, 0x1111, OF
    binary cmovp, 32, 0x11111111, 0x22222222, OF, 0x11111111, OF
    binary cmovp, 16, 0x1111, 0x2222, PF, 0x2222, PF
    binary cmovp, 32, 0x11111111, 0x22222222, PF, 0x22222222, PF
    binary cmovp, 16, 0x1111, 0x2222, CF|ZF, 0x1111, CF|ZF
    binary cmovp, 32, 0x11111111, 0x22222222, CF|ZF, 0x11111111, CF|ZF
    binary cmovp, 16, 0x1111, 0x2222, SF|OF, 0x1111, SF|OF
    binary cmovp, 32, 0x11111111, 0x22222222, SF|OF, 0x11111111, SF|OF
    binary cmovp, 16, 0x1111, 0x2222, ZF|SF, 0x1111, ZF|SF
    binary cmovp, 32, 0x11111111, 0x22222222, ZF|SF, 0x11111111, ZF|SF
    binary cmovp, 16, 0x1111, 0x2222, ZF|OF, 0x1111, ZF|OF
    binary cmovp, 32, 0x11111111, 0x22222222, ZF|OF, 0x11111111, ZF|OF
    binary cmovp, 16, 0x1111, 0x2222, ZF|SF|OF, 0x1111, ZF|SF|OF
    binary cmovp, 32, 0x11111111, 0x22222222, ZF|SF|OF, 0x11111111, ZF|SF|OF
    passed
