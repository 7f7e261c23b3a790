; CMOVGE r16 and r32
; manual: SDM vol. 2A, CMOVcc
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    binary cmovge, 16, 0x1111, 0x2222, 0, 0x2222, 0
    binary cmovge, 32, 0x11111111, 0x22222222, 0, 0x22222222, 0
    binary cmovge, 16, 0x1111, 0x2222, CF, 0x2222, CF
    binary cmovge, 32, 0x11111111, 0x22222222, CF, 0x22222222, CF
    binary cmovge, 16, 0x1111, 0x2222, ZF, 0x2222, ZF
    binary cmovge, 32, 0x11111111, 0x22222222, ZF, 0x22222222, ZF
    binary cmovge, 16, 0x1111, 0x2222, SF, 0x1111, SF
    binary cmovge, 32, 0x11111111, 0x22222222, SF, 0x11111111, SF
    binary cmovge, 16, 0x1111, 0x2222, OF, 0x1111, OF
    binary cmovge, 32, 0x11111111, 0x22222222, OF, 0x11111111, OF
    binary cmovge, 16, 0x1111, 0x2222, PF, 0x2222, PF
    binary cmovge, 32, 0x11111111, 0x22222222, PF, 0x22222222, PF
    binary cmovge, 16, 0x1111, 0x2222, CF|ZF, 0x2222, CF|ZF
    binary cmovge, 32, 0x11111111, 0x22222222, CF|ZF, 0x22222222, CF|ZF
    binary cmovge, 16, 0x1111, 0x2222, SF|OF, 0x2222, SF|OF
    binary cmovge, 32, 0x11111111, 0x22222222, SF|OF, 0x22222222, SF|OF
    binary cmovge, 16, 0x1111, 0x2222, ZF|SF, 0x1111, ZF|SF
    binary cmovge, 32, 0x11111111, 0x22222222, ZF|SF, 0x11111111, ZF|SF
    binary cmovge, 16, 0x1111, 0x2222, ZF|OF, 0x1111, ZF|OF
    binary cmovge, 32, 0x11111111, 0x22222222, ZF|OF, 0x11111111, ZF|OF
    binary cmovge, 16, 0x1111, 0x2222, ZF|SF|OF, 0x2222, ZF|SF|OF
    binary cmovge, 32, 0x11111111, 0x22222222, ZF|SF|OF, 0x22222222, ZF|SF|OF
    passed
