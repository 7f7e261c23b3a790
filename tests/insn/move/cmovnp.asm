; CMOVNP r16 and r32
; manual: SDM vol. 2A, CMOVcc
; expect: eax=0
%include "user.inc"
checked equ CF|PF|AF|ZF|SF|OF

    binary cmovnp, 16, 0x1111, 0x2222, 0, 0x2222, 0
    binary cmovnp, 32, 0x11111111, 0x22222222, 0, 0x22222222, 0
    binary cmovnp, 16, 0x1111, 0x2222, CF, 0x2222, CF
    binary cmovnp, 32, 0x11111111, 0x22222222, CF, 0x22222222, CF
    binary cmovnp, 16, 0x1111, 0x2222, ZF, 0x2222, ZF
    binary cmovnp, 32, 0x11111111, 0x22222222, ZF, 0x22222222, ZF
    binary cmovnp, 16, 0x1111, 0x2222, SF, 0x2222, SF
    binary cmovnp, 32, 0x11111111, 0x22222222, SF, 0x22222222, SF
    binary cmovnp, 16, 0x1111, 0x2222, OF, 0x2222, OF
    binary cmovnp, 32, 0x11111111, 0x22222222, OF, 0x22222222, OF
    binary cmovnp, 16, 0x1111, 0x2222, PF, 0x1111, PF
    binary cmovnp, 32, 0x11111111, 0x22222222, PF, 0x11111111, PF
    binary cmovnp, 16, 0x1111, 0x2222, CF|ZF, 0x2222, CF|ZF
    binary cmovnp, 32, 0x11111111, 0x22222222, CF|ZF, 0x22222222, CF|ZF
    binary cmovnp, 16, 0x1111, 0x2222, SF|OF, 0x2222, SF|OF
    binary cmovnp, 32, 0x11111111, 0x22222222, SF|OF, 0x22222222, SF|OF
    binary cmovnp, 16, 0x1111, 0x2222, ZF|SF, 0x2222, ZF|SF
    binary cmovnp, 32, 0x11111111, 0x22222222, ZF|SF, 0x22222222, ZF|SF
    binary cmovnp, 16, 0x1111, 0x2222, ZF|OF, 0x2222, ZF|OF
    binary cmovnp, 32, 0x11111111, 0x22222222, ZF|OF, 0x22222222, ZF|OF
    binary cmovnp, 16, 0x1111, 0x2222, ZF|SF|OF, 0x2222, ZF|SF|OF
    binary cmovnp, 32, 0x11111111, 0x22222222, ZF|SF|OF, 0x22222222, ZF|SF|OF
    passed
