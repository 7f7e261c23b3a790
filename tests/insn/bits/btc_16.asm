; BTC r16, r16
; manual: SDM vol. 2A, BTC
; undefined: pf af sf of
; expect: eax=0
%include "user.inc"
; the bit offset is taken modulo the width; the other flags but ZF are undefined
checked equ CF|ZF

    binary btc, 16, 0, 0, ZF, 1, ZF
    binary btc, 16, 0, 1, ZF, 2, ZF
    binary btc, 16, 0, 0xF, ZF, 0x8000, ZF
    binary btc, 16, 0, 0x10, ZF, 1, ZF
    binary btc, 16, 0, 0x13, ZF, 8, ZF
    binary btc, 16, 0xFFFF, 0, ZF, 0xFFFE, CF|ZF
    binary btc, 16, 0xFFFF, 1, ZF, 0xFFFD, CF|ZF
    binary btc, 16, 0xFFFF, 0xF, ZF, 0x7FFF, CF|ZF
    binary btc, 16, 0xFFFF, 0x10, ZF, 0xFFFE, CF|ZF
    binary btc, 16, 0xFFFF, 0x13, ZF, 0xFFF7, CF|ZF
    binary btc, 16, 1, 0, ZF, 0, CF|ZF
    binary btc, 16, 1, 1, ZF, 3, ZF
    binary btc, 16, 1, 0xF, ZF, 0x8001, ZF
    binary btc, 16, 1, 0x10, ZF, 0, CF|ZF
    binary btc, 16, 1, 0x13, ZF, 9, ZF
    binary btc, 16, 0x8000, 0, ZF, 0x8001, ZF
    binary btc, 16, 0x8000, 1, ZF, 0x8002, ZF
    binary btc, 16, 0x8000, 0xF, ZF, 0, CF|ZF
    binary btc, 16, 0x8000, 0x10, ZF, 0x8001, ZF
    binary btc, 16, 0x8000, 0x13, ZF, 0x8008, ZF
    binary btc, 16, 0x5555, 0, ZF, 0x5554, CF|ZF
    binary btc, 16, 0x5555, 1, ZF, 0x5557, ZF
    binary btc, 16, 0x5555, 0xF, ZF, 0xD555, ZF
    binary btc, 16, 0x5555, 0x10, ZF, 0x5554, CF|ZF
    binary btc, 16, 0x5555, 0x13, ZF, 0x555D, ZF
    passed
