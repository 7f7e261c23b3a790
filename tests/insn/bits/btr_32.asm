; BTR r32, r32
; manual: SDM vol. 2A, BTR
; undefined: pf af sf of
; expect: eax=0
%include "user.inc"
; the bit offset is taken modulo the width; the other flags but ZF are undefined
checked equ CF|ZF

    binary btr, 32, 0, 0, ZF, 0, ZF
    binary btr, 32, 0, 1, ZF, 0, ZF
    binary btr, 32, 0, 0x1F, ZF, 0, ZF
    binary btr, 32, 0, 0x20, ZF, 0, ZF
    binary btr, 32, 0, 0x23, ZF, 0, ZF
    binary btr, 32, 0xFFFFFFFF, 0, ZF, 0xFFFFFFFE, CF|ZF
    binary btr, 32, 0xFFFFFFFF, 1, ZF, 0xFFFFFFFD, CF|ZF
    binary btr, 32, 0xFFFFFFFF, 0x1F, ZF, 0x7FFFFFFF, CF|ZF
    binary btr, 32, 0xFFFFFFFF, 0x20, ZF, 0xFFFFFFFE, CF|ZF
    binary btr, 32, 0xFFFFFFFF, 0x23, ZF, 0xFFFFFFF7, CF|ZF
    binary btr, 32, 1, 0, ZF, 0, CF|ZF
    binary btr, 32, 1, 1, ZF, 1, ZF
    binary btr, 32, 1, 0x1F, ZF, 1, ZF
    binary btr, 32, 1, 0x20, ZF, 0, CF|ZF
    binary btr, 32, 1, 0x23, ZF, 1, ZF
    binary btr, 32, 0x80000000, 0, ZF, 0x80000000, ZF
    binary btr, 32, 0x80000000, 1, ZF, 0x80000000, ZF
    binary btr, 32, 0x80000000, 0x1F, ZF, 0, CF|ZF
    binary btr, 32, 0x80000000, 0x20, ZF, 0x80000000, ZF
    binary btr, 32, 0x80000000, 0x23, ZF, 0x80000000, ZF
    binary btr, 32, 0x5555, 0, ZF, 0x5554, CF|ZF
    binary btr, 32, 0x5555, 1, ZF, 0x5555, ZF
    binary btr, 32, 0x5555, 0x1F, ZF, 0x5555, ZF
    binary btr, 32, 0x5555, 0x20, ZF, 0x5554, CF|ZF
    binary btr, 32, 0x5555, 0x23, ZF, 0x5555, ZF
    passed
