; BTS r32, r32
; manual: SDM vol. 2A, BTS
; undefined: pf af sf of
; expect: eax=0
%include "user.inc"
; the bit offset is taken modulo the width; the other flags but ZF are undefined
checked equ CF|ZF

    binary bts, 32, 0, 0, ZF, 1, ZF
    binary bts, 32, 0, 1, ZF, 2, ZF
    binary bts, 32, 0, 0x1F, ZF, 0x80000000, ZF
    binary bts, 32, 0, 0x20, ZF, 1, ZF
    binary bts, 32, 0, 0x23, ZF, 8, ZF
    binary bts, 32, 0xFFFFFFFF, 0, ZF, 0xFFFFFFFF, CF|ZF
    binary bts, 32, 0xFFFFFFFF, 1, ZF, 0xFFFFFFFF, CF|ZF
    binary bts, 32, 0xFFFFFFFF, 0x1F, ZF, 0xFFFFFFFF, CF|ZF
    binary bts, 32, 0xFFFFFFFF, 0x20, ZF, 0xFFFFFFFF, CF|ZF
    binary bts, 32, 0xFFFFFFFF, 0x23, ZF, 0xFFFFFFFF, CF|ZF
    binary bts, 32, 1, 0, ZF, 1, CF|ZF
    binary bts, 32, 1, 1, ZF, 3, ZF
    binary bts, 32, 1, 0x1F, ZF, 0x80000001, ZF
    binary bts, 32, 1, 0x20, ZF, 1, CF|ZF
    binary bts, 32, 1, 0x23, ZF, 9, ZF
    binary bts, 32, 0x80000000, 0, ZF, 0x80000001, ZF
    binary bts, 32, 0x80000000, 1, ZF, 0x80000002, ZF
    binary bts, 32, 0x80000000, 0x1F, ZF, 0x80000000, CF|ZF
    binary bts, 32, 0x80000000, 0x20, ZF, 0x80000001, ZF
    binary bts, 32, 0x80000000, 0x23, ZF, 0x80000008, ZF
    binary bts, 32, 0x5555, 0, ZF, 0x5555, CF|ZF
    binary bts, 32, 0x5555, 1, ZF, 0x5557, ZF
    binary bts, 32, 0x5555, 0x1F, ZF, 0x80005555, ZF
    binary bts, 32, 0x5555, 0x20, ZF, 0x5555, CF|ZF
    binary bts, 32, 0x5555, 0x23, ZF, 0x555D, ZF
    passed
