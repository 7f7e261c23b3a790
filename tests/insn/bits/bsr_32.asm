; BSR r32, r/m32
; manual: SDM vol. 2A, BSR
; undefined: cf pf af sf of
; expect: eax=0
%include "user.inc"
; ZF: the source is zero, and then the destination stays
checked equ ZF

    binary bsr, 32, 0x77, 1, ZF, 0, 0
    binary bsr, 32, 0x77, 2, ZF, 1, 0
    binary bsr, 32, 0x77, 0x80000000, ZF, 31, 0
    binary bsr, 32, 0x77, 0xFFFFFFFF, ZF, 31, 0
    binary bsr, 32, 0x77, 0x80000004, ZF, 31, 0
    binary bsr, 32, 0x77, 0x10, ZF, 4, 0
    passed
